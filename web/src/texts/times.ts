import { at, DAY, format, formatter, TIME } from './format.ts'

const MINUTE_S = 60
const HOUR_S = 3_600
const DAY_S = 86_400

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

/** A day of the calendar, which is in no zone, as `Sab, 12 Jun 2027`. @param isoDay as `2027-06-12`. */
export const day = (isoDay: string): string => format(`${isoDay}T00:00:00Z`, { ...DAY, timeZone: 'UTC' })

/** A month, as `Juni 2027`. @param isoMonth as `2027-06`. */
export const month = (isoMonth: string): string =>
  format(`${isoMonth}-01T00:00:00Z`, { month: 'long', year: 'numeric', timeZone: 'UTC' })
