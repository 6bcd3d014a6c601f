import { moneyText } from '@karcis/paper/amounts'
import type { Language } from '../../accounts/account-store.ts'

/** How one person reads amounts, times and links. */
export interface Formatter {
  /** @param amount in the smallest unit of `currency`. */
  money(amount: number, currency: string): string
  /** Day and time. @param at RFC 3339. @param zone whose clock: of the place of an event; the person's own unless given. */
  time(at: string, zone?: string): string
  /** A day. @param day as `2026-11-26`. */
  day(day: string): string
  /** A whole number. */
  count(amount: number): string
  /** A page of the app. @param path from its root, such as `/tickets`. */
  url(path: string): string
}

const LOCALES: Record<Language, string> = { EN: 'en-GB', ID: 'id-ID' }

/** @param timezone the person's. @param publicUrl where people open Karcis, without a slash at its end. */
export function createFormatter(language: Language, timezone: string, publicUrl: string): Formatter {
  const locale = LOCALES[language]
  return {
    money: (amount, currency) => moneyText(amount, currency, locale),
    time: (at, zone = timezone) =>
      new Intl.DateTimeFormat(locale, {
        dateStyle: 'full',
        timeStyle: 'short',
        timeZone: zone,
      }).format(new Date(at)) + ` (${zoneName(new Date(at), zone, locale)})`,
    day: (day) =>
      new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeZone: 'UTC' }).format(new Date(day)),
    count: (amount) => new Intl.NumberFormat(locale).format(amount),
    url: (path) => `${publicUrl}${path}`,
  }
}

/** As people call it: `WIB`, `GMT+7`. */
const zoneName = (at: Date, timeZone: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' })
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName')?.value ?? timeZone
