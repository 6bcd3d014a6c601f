import { decimalsOf } from '@karcis/kit/contracts/currencies'
import { type Language, language } from './language.ts'

const TAGS: Record<Language, string> = { id: 'id-ID', en: 'en-GB' }

const MINUTE_S = 60
const HOUR_S = 3_600
const DAY_S = 86_400

/** The tag that `Intl` knows the person's language by. */
export const locale = (): string => TAGS[language.value]

const kept = new Map<string, unknown>()

/** A formatter of `Intl`, made once: making one takes longer than using it. */
function formatter<F, O>(Make: new (locale: string, options: O) => F, options: O): F {
  const key = `${Make.name} ${locale()} ${JSON.stringify(options)}`
  let found = kept.get(key) as F | undefined
  if (found === undefined) kept.set(key, (found = new Make(locale(), options)))
  return found
}

/** @param amount as the API counts it: in the smallest unit that is charged, so IDR 150000 is Rp 150.000 and USD 1250 is US$ 12.50. */
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

/** The day alone, as `Sabtu, 12 Juni 2027`. */
export const date = (iso: string, zone?: string): string =>
  format(iso, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', ...at(zone) })

/** The time of day with its zone, as `19.00 WIB`. */
export const time = (iso: string, zone?: string): string =>
  format(iso, { ...TIME, timeZoneName: 'short', ...at(zone) })

/** From when to when, with what both share said once. */
export const dateRange = (from: string, to: string, zone?: string): string =>
  formatter(Intl.DateTimeFormat, { ...DAY, ...TIME, timeZoneName: 'short', ...at(zone) }).formatRange(
    new Date(from),
    new Date(to),
  )

/** How long ago, or until when, in the largest unit that fits, as `3 hari lagi`. @param now in milliseconds. */
export function relative(iso: string, now: number = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000
  const of = formatter(Intl.RelativeTimeFormat, { numeric: 'auto' })
  const size = Math.abs(seconds)
  if (size < MINUTE_S) return of.format(Math.round(seconds), 'second')
  if (size < HOUR_S) return of.format(Math.round(seconds / MINUTE_S), 'minute')
  if (size < DAY_S) return of.format(Math.round(seconds / HOUR_S), 'hour')
  if (size < 30 * DAY_S) return of.format(Math.round(seconds / DAY_S), 'day')
  if (size < 365 * DAY_S) return of.format(Math.round(seconds / (30 * DAY_S)), 'month')
  return of.format(Math.round(seconds / (365 * DAY_S)), 'year')
}

/** The form for a number, which takes the place of `#`: `plural(n, { one: '# seat', other: '# seats' })`. Indonesian has `other` alone. */
export function plural(count: number, forms: { one?: string; other: string }): string {
  const rule = formatter(Intl.PluralRules, {}).select(count)
  return (rule === 'one' && forms.one !== undefined ? forms.one : forms.other).replace('#', number(count))
}

/** `A, B, dan C`. @param type `disjunction` for `atau`. */
export const list = (items: readonly string[], type: 'conjunction' | 'disjunction' = 'conjunction'): string =>
  formatter(Intl.ListFormat, { type }).format(items)

const DAY = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const
const TIME = { hour: '2-digit', minute: '2-digit' } as const
const at = (zone?: string) => (zone === undefined ? {} : { timeZone: zone })

const format = (iso: string, options: Intl.DateTimeFormatOptions): string =>
  formatter(Intl.DateTimeFormat, options).format(new Date(iso))

/** A day of the calendar, which is in no zone, as `Sab, 12 Jun 2027`. @param isoDay as `2027-06-12`. */
export const day = (isoDay: string): string => format(`${isoDay}T00:00:00Z`, { ...DAY, timeZone: 'UTC' })

/** A month, as `Juni 2027`. @param isoMonth as `2027-06`. */
export const month = (isoMonth: string): string =>
  format(`${isoMonth}-01T00:00:00Z`, { month: 'long', year: 'numeric', timeZone: 'UTC' })
