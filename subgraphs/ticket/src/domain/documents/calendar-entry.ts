import type { EventPlace } from '@karcis/kit/contracts/event-place'
import { icalendar } from '@karcis/kit/icalendar'
import { placeLine, referenceOf, type TicketFacts, withheldFor } from './document.ts'
import { type Language, WORDS } from './document-words.ts'

/**
 * A ticket as an entry of a calendar (RFC 5545). It keeps its UID for as long as there is the ticket, and its SEQUENCE rises with each change
 * of the event, so that whoever imports it again has it moved; of a ticket that admits nobody any more it is CANCELLED, which comes after
 * all that was before. The code is not in it: calendars are shared, and copied.
 * @param now when it is made.
 */
export function calendarEntry(
  ticket: TicketFacts & { place: EventPlace | null; organizer: string },
  language: Language,
  now: Date,
): string {
  const { event, place, organizer } = ticket
  const isCancelled = withheldFor(ticket) !== null
  return icalendar([
    {
      uid: `${ticket.id}@tickets.karcis`,
      stampedAt: now,
      sequence: 2 * event.version + (isCancelled ? 1 : 0),
      isCancelled,
      startsAt: event.startsAt,
      endsAt: event.endsAt,
      summary: event.title,
      location: placeLine(place),
      description: describe(ticket, organizer, language),
    },
  ])
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
