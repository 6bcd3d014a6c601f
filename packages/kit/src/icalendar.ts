import { createHash } from 'node:crypto'

const CRLF = '\r\n'
/** RFC 5545, 3.1: in octets, without the line break. */
const LINE_OCTETS = 75

/** One entry of a calendar. */
export interface CalendarEntry {
  /** The same for as long as it is the same to whoever has it. */
  uid: string
  /** Of two with one uid, the higher one counts. */
  sequence: number
  /** When this was said. Where it says the same again, it should be the same moment: by what it says is known whether there is anything new. */
  stampedAt: Date
  /** When what it says last changed; left out where nobody knows. */
  changedAt?: Date
  isCancelled: boolean
  startsAt: Date
  endsAt: Date
  summary: string
  /** One line. */
  location: string | null
  /** Degrees north and east. */
  position?: { latitude: number; longitude: number } | null
  description: string
}

/** What a calendar that is subscribed to says of itself. */
export interface Subscribed {
  name: string
  /** How often it is worth asking again. */
  refreshMinutes: number
}

/**
 * Entries as a calendar (RFC 5545, RFC 7986). Times are in UTC: an instant is the same in every zone and over every change of clocks, and needs
 * no table of zones that whoever reads it may have in another edition.
 * @param subscribed of one that is asked for again and again; left out where it is taken over once.
 */
export function icalendar(entries: readonly CalendarEntry[], subscribed?: Subscribed): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Karcis//Tickets//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    ...(subscribed
      ? [
          `NAME:${escaped(subscribed.name)}`,
          `X-WR-CALNAME:${escaped(subscribed.name)}`,
          `REFRESH-INTERVAL;VALUE=DURATION:PT${subscribed.refreshMinutes}M`,
          `X-PUBLISHED-TTL:PT${subscribed.refreshMinutes}M`,
        ]
      : []),
    ...entries.flatMap(linesOf),
    'END:VCALENDAR',
  ]
  return lines.map((line) => folded(line) + CRLF).join('')
}

/** By which whoever has a calendar learns that it is still the same (RFC 9110, 8.8.3). */
export const calendarEtag = (calendar: string): string =>
  `"${createHash('sha256').update(calendar).digest('base64url')}"`

function linesOf({ location, position, changedAt, ...entry }: CalendarEntry): string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${entry.uid}`,
    `DTSTAMP:${utc(entry.stampedAt)}`,
    ...(changedAt ? [`LAST-MODIFIED:${utc(changedAt)}`] : []),
    `SEQUENCE:${entry.sequence}`,
    `STATUS:${entry.isCancelled ? 'CANCELLED' : 'CONFIRMED'}`,
    `DTSTART:${utc(entry.startsAt)}`,
    `DTEND:${utc(entry.endsAt)}`,
    `SUMMARY:${escaped(entry.summary)}`,
    ...(location === null ? [] : [`LOCATION:${escaped(location)}`]),
    ...(position ? [`GEO:${position.latitude};${position.longitude}`] : []),
    `DESCRIPTION:${escaped(entry.description)}`,
    `TRANSP:${entry.isCancelled ? 'TRANSPARENT' : 'OPAQUE'}`,
    'END:VEVENT',
  ]
}

/** 20261231T120000Z */
const utc = (instant: Date): string => instant.toISOString().replace(/[-:]|\.\d{3}/g, '')

/** RFC 5545, 3.3.11. */
const escaped = (text: string): string =>
  text
    .replace(/[\\;,]/g, (mark) => `\\${mark}`)
    .replace(/\r\n|\r|\n/g, '\\n')
    .replace(/[^\P{Cc}\t]/gu, '') // what may not stand in a text at all

/** RFC 5545, 3.1: broken where a line would be too long, never within a character. */
function folded(line: string): string {
  const lines: string[] = []
  let current = ''
  let room = LINE_OCTETS
  for (const character of line) {
    const octets = Buffer.byteLength(character)
    if (octets > room) {
      lines.push(current)
      current = ''
      room = LINE_OCTETS - 1 // the space that goes before it
    }
    current += character
    room -= octets
  }
  return [...lines, current].join(`${CRLF} `)
}
