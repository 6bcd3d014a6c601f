import { placeLine, referenceOf, type TicketFacts, withheldFor } from './document.ts'
import type { EventPlace } from '@karcis/kit/contracts/event-place'
import { type Language, WORDS } from './document-words.ts'

const CRLF = '\r\n'
/** RFC 5545, 3.1: in octets, without the line break. */
const LINE_OCTETS = 75

/**
 * A ticket as an entry of a calendar (RFC 5545). It keeps its UID for as long as there is the ticket, and its SEQUENCE rises with each change
 * of the event, so that whoever imports it again has it moved; of a ticket that admits nobody any more it is CANCELLED, which comes after
 * all that was before. Times are in UTC, which is right over every change of clocks. The code is not in it: calendars are shared, and copied.
 * @param now when it is made.
 */
export function calendarEntry(
  ticket: TicketFacts & { place: EventPlace | null; organizer: string },
  language: Language,
  now: Date,
): string {
  const { event, place, organizer } = ticket
  const cancelled = withheldFor(ticket) !== null
  const where = placeLine(place)
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Karcis//Tickets//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    'BEGIN:VEVENT',
    `UID:${ticket.id}@tickets.karcis`,
    `DTSTAMP:${utc(now)}`,
    `SEQUENCE:${2 * event.version + (cancelled ? 1 : 0)}`,
    `STATUS:${cancelled ? 'CANCELLED' : 'CONFIRMED'}`,
    `DTSTART:${utc(event.startsAt)}`,
    `DTEND:${utc(event.endsAt)}`,
    `SUMMARY:${escaped(event.title)}`,
    ...(where === null ? [] : [`LOCATION:${escaped(where)}`]),
    `DESCRIPTION:${escaped(describe(ticket, organizer, language))}`,
    'TRANSP:OPAQUE',
    'END:VEVENT',
    'END:VCALENDAR',
  ]
  return lines.map((line) => folded(line) + CRLF).join('')
}

function describe(
  { id, typeName, seat, attendee }: TicketFacts,
  organizer: string,
  language: Language,
): string {
  const words = WORDS[language]
  const facts = [
    [words.type, typeName],
    ...(seat
      ? [
          [words.section, seat.section],
          [words.row, seat.row],
          [words.seat, seat.label],
        ]
      : []),
    ...(attendee === null ? [] : [[words.attendee, attendee]]),
    [words.organizer, organizer],
    [words.reference, referenceOf(id)],
  ]
  return facts.map(([label, value]) => `${label}: ${value}`).join('\n')
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
