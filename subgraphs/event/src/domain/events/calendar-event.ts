import type { CalendarEvent } from '@karcis/kit/contracts/calendar-event'
import type { BatchedReads } from '../batched-reads.ts'
import type { Event } from './event.ts'
import { locationOf, placeLine, placeOf } from './place.ts'

/** An event as calendars have it: what is in force, and where. */
export async function calendarEventOf(
  { venue, location }: Pick<BatchedReads, 'venue' | 'location'>,
  event: Event,
): Promise<CalendarEvent> {
  const read = {
    venue: { load: async (id: string) => (await venue(id)) ?? null },
    location: { load: async (id: string) => (await location(id)) ?? null },
  }
  const [place, around] = await Promise.all([placeOf(read, event), locationOf(read, event)])
  const at = [place, around].find((each) => each && each.latitude !== null && each.longitude !== null)
  const { id, title, description, status, startsAt, endsAt, timezone } = event
  const { cancellationReason, rescheduledAt, version, updatedAt } = event
  return {
    id,
    title,
    description,
    status,
    startsAt,
    endsAt,
    timezone,
    place: place && placeLine(place),
    latitude: at?.latitude ?? null,
    longitude: at?.longitude ?? null,
    cancellationReason,
    rescheduledAt,
    version,
    updatedAt,
  }
}
