import type { CalendarEvent } from '@karcis/kit/contracts/calendar-event'
import type { CalendarEntry } from '@karcis/kit/icalendar'
import type { HeldTicket } from './calendar-feed-store.ts'
import { type Language, momentText, spanText, WORDS } from './document-words.ts'

/** So many tickets an entry names; of more it says how many. */
const MOST_NAMED = 50

/**
 * An event in the calendar of somebody who has tickets for it: one entry, however many they have. It says the time on the clocks of the place,
 * and, of one that was moved or called off, that it was.
 * @param tickets at least one.
 */
export function feedEntry(
  event: CalendarEvent,
  tickets: readonly HeldTicket[],
  language: Language,
): CalendarEntry {
  const changedAt = new Date(
    Math.max(event.updatedAt.getTime(), ...tickets.map((ticket) => ticket.changedAt.getTime())),
  )
  const { latitude, longitude } = event
  return {
    uid: `${event.id}@tickets.karcis`,
    sequence: event.version,
    stampedAt: changedAt,
    changedAt,
    isCancelled: event.status !== 'APPROVED',
    startsAt: event.startsAt,
    endsAt: event.endsAt,
    summary: event.title,
    location: event.place,
    position: latitude === null || longitude === null ? null : { latitude, longitude },
    description: describe(event, tickets, language),
  }
}

function describe(event: CalendarEvent, tickets: readonly HeldTicket[], language: Language): string {
  const words = WORDS[language]
  const { startsAt, endsAt, timezone, rescheduledAt, cancellationReason } = event
  const named = tickets.slice(0, MOST_NAMED).map(({ typeName, seat, attendee }) => {
    const place = seat ? `, ${seat.section}, ${words.row} ${seat.row}, ${words.seat} ${seat.label}` : ''
    return `${typeName}${place}${attendee === null ? '' : ` (${attendee})`}`
  })
  const isCalledOff = event.status !== 'APPROVED'
  return [
    ...(isCalledOff ? [[words.calledOff, cancellationReason].filter(Boolean).join(' ')] : []),
    ...(rescheduledAt && !isCalledOff ? [words.moved(momentText(rescheduledAt, timezone, language))] : []),
    `${words.when}: ${spanText(startsAt, endsAt, timezone, language)}`,
    ...named,
    ...(tickets.length > MOST_NAMED ? [`+ ${tickets.length - MOST_NAMED}`] : []),
  ].join('\n')
}
