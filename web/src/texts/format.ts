import { decimalsOf } from '@karcis/kit/contracts/currencies'
import { type Language, language } from './language.ts'

const TAGS: Record<Language, string> = { id: 'id-ID', en: 'en-GB' }

/** The tag that `Intl` knows the person's language by. */
export const locale = (): string => TAGS[language.value]

const kept = new Map<string, unknown>()

/** A formatter of `Intl`, made once: making one takes longer than using it. */
export function formatter<F, O>(Make: new (locale: string, options: O) => F, options: O): F {
  const key = `${Make.name} ${locale()} ${JSON.stringify(options)}`
  let found = kept.get(key) as F | undefined
  if (found === undefined) kept.set(key, (found = new Make(locale(), options)))
  return found
}

/** @param amount as the API counts it: in the smallest unit that is charged, so IDR 150000 is Rp 150.000 and USD 1250 is US$12,50. */
export function money(amount: number, currency: string): string {
  const digits = decimalsOf(currency)
  return formatter(Intl.NumberFormat, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(amount / 10 ** digits)
}

export const number = (value: number): string => formatter(Intl.NumberFormat, {}).format(value)

/** @param share 0 to 1. */
export const percent = (share: number): string =>
  formatter(Intl.NumberFormat, { style: 'percent', maximumFractionDigits: 1 }).format(share)

/** Day and time with the zone's short name, as `Sab, 12 Jun 2027, 19.00 WIB`. @param zone IANA name; without it the browser's own. */
export const dateTime = (iso: string, zone?: string): string =>
  format(iso, { ...DAY, ...TIME, timeZoneName: 'short', ...at(zone) })

/** The form for a number, which takes the place of `#`: `plural(n, { one: '# seat', other: '# seats' })`. Indonesian has `other` alone. */
export function plural(count: number, forms: { one?: string; other: string }): string {
  const rule = formatter(Intl.PluralRules, {}).select(count)
  return (rule === 'one' && forms.one !== undefined ? forms.one : forms.other).replace('#', number(count))
}

/** `A, B, dan C`. @param type `disjunction` for `atau`. */
export const list = (items: readonly string[], type: 'conjunction' | 'disjunction' = 'conjunction'): string =>
  formatter(Intl.ListFormat, { type }).format(items)

export const DAY = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const
export const TIME = { hour: '2-digit', minute: '2-digit' } as const
export const at = (zone?: string) => (zone === undefined ? {} : { timeZone: zone })

export const format = (iso: string, options: Intl.DateTimeFormatOptions): string =>
  formatter(Intl.DateTimeFormat, options).format(new Date(iso))
