import { CALENDAR_TYPE, calendarEventId, eventCalendarPath } from '@karcis/kit/contracts/calendars'
import { NotFound } from '@karcis/kit/errors'
import { calendarEtag, icalendar } from '@karcis/kit/icalendar'
import type { FileAnswer } from '@karcis/kit/subgraph/server'
import type { Deps } from '../deps.ts'
import { calendarEventOf } from '../events/calendar-event.ts'
import { type Event, ifVisible } from '../events/event.ts'

/** Where an event is for anybody's calendar; null while it is not everybody's to see. */
export const calendarUrlOf = (event: Event): string | null =>
  ifVisible(event, null) && eventCalendarPath(event.id)

/**
 * An event as an entry of a calendar, for anybody. It keeps its UID, and its SEQUENCE rises with each change, so that whoever imports it again
 * has it moved, and called off.
 * @param name as it stands behind the folder. @throws NotFound for what is not everybody's to see.
 */
export async function openEventCalendar({ batchedReads }: Deps, name: string): Promise<FileAnswer> {
  const id = calendarEventId(name)
  const found = id === null ? null : ((await batchedReads.event(id)) ?? null)
  const visible = ifVisible(found, null)
  if (!visible) throw new NotFound('calendar', name)
  const event = await calendarEventOf(batchedReads, visible)
  const { latitude, longitude, updatedAt } = event
  const calendar = icalendar([
    {
      uid: `${event.id}@events.karcis`,
      sequence: event.version,
      stampedAt: updatedAt,
      changedAt: updatedAt,
      isCancelled: event.status === 'CANCELLED',
      startsAt: event.startsAt,
      endsAt: event.endsAt,
      summary: event.title,
      location: event.place,
      position: latitude === null || longitude === null ? null : { latitude, longitude },
      description: [event.cancellationReason, event.description].filter(Boolean).join('\n\n'),
    },
  ])
  return {
    headers: {
      'content-type': CALENDAR_TYPE,
      'content-disposition': `attachment; filename="${visible.slug}.ics"`,
      'last-modified': updatedAt.toUTCString(),
      etag: calendarEtag(calendar),
    },
    body: calendar,
  }
}
