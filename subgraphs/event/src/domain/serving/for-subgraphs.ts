import { type CalendarEvent, MOST_CALENDAR_EVENTS } from '@karcis/kit/contracts/calendar-event'
import type { EventPlace } from '@karcis/kit/contracts/event-place'
import { transaction } from '@karcis/kit/database'
import { NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import type { SeatLayout } from '../venues/seat-layout.ts'
import { calendarEventOf } from '../events/calendar-event.ts'
import * as store from '../events/event-store.ts'
import { opensTo, owns } from '../ownership.ts'

/** Fixes an event's currency for its first ticket type, and gives it; whoever changes it at once comes before or not at all. @throws BadUserInput, NotFound. */
export async function fixCurrency(deps: Deps, id: string): Promise<string> {
  const eventId = parseInput(idSchema, id, 'eventId')
  const currency = await transaction(deps.db, (tx) => store.fixEventCurrency(tx, eventId))
  if (currency === null) throw new NotFound('event', id)
  return currency
}

/** Where the seats of a room stand; null for a room without fixed seats, or none. @throws BadUserInput */
export async function seatLayoutOfRoom({ batchedReads }: Deps, roomId: string): Promise<SeatLayout | null> {
  const room = await batchedReads.room(parseInput(idSchema, roomId, 'roomId'))
  return room?.seatLayout ?? null
}

/** What the viewer may do with a room: organizers plan events where a venue is open to them. Null for no room. @throws BadUserInput */
export async function roomRights(
  { batchedReads }: Deps,
  viewer: Viewer | null,
  roomId: string,
): Promise<{ mayUse: boolean; mayChange: boolean } | null> {
  const room = await batchedReads.room(parseInput(idSchema, roomId, 'roomId'))
  const venue = room && (await batchedReads.venue(room.venueId))
  if (!venue) return null
  const organizes = viewer !== null && (viewer.role === 'ORGANIZER' || viewer.role === 'ADMIN')
  return {
    mayUse: organizes && opensTo(viewer, venue),
    mayChange: organizes && owns(viewer, venue.ownerId),
  }
}

/** How many events an organizer would leave behind. @throws BadUserInput */
export const eventsToCome = async (deps: Deps, organizerId: string): Promise<number> =>
  store.countEventsToCome(deps.db, parseInput(idSchema, organizerId, 'organizerId'))

/** Where an event is, in words, whoever may see it: asked for whoever has a ticket for it. Null when there is none. @throws BadUserInput */
export async function eventPlace({ batchedReads }: Deps, eventId: string): Promise<EventPlace | null> {
  const { event: readEvent, venue: readVenue, location: readLocation, room: readRoom } = batchedReads
  const event = await readEvent(parseInput(idSchema, eventId, 'id'))
  if (!event) return null
  const { id, venueId, roomId, locationId, online } = event
  const venue = venueId === null ? null : await readVenue(venueId)
  const location = venue || locationId === null ? null : await readLocation(locationId)
  const room = roomId === null ? null : await readRoom(roomId)
  return {
    id,
    name: venue?.name ?? location?.name ?? null,
    address: venue?.address ?? null,
    city: venue?.city ?? location?.city ?? null,
    room: room?.name ?? null,
    online,
  }
}

/** Events as calendars have them, whoever may see them, in the order asked for; null where there is none. @throws BadUserInput */
export async function calendarEvents(
  { batchedReads }: Deps,
  ids: unknown,
): Promise<(CalendarEvent | null)[]> {
  const eventIds = parseInput(z.array(idSchema).max(MOST_CALENDAR_EVENTS), ids, 'ids')
  return Promise.all(
    eventIds.map(async (id) => {
      const event = await batchedReads.event(id)
      return event ? calendarEventOf(batchedReads, event) : null
    }),
  )
}
