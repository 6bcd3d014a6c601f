import { Conflict, ServiceUnavailable } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import type { Deps } from '../deps.ts'
import type { Event } from './event.ts'

const PLANNED = `query PlannedPlaces($eventId: ID!) { ticketTypesByEvent(eventId: $eventId) { quota } }`

/**
 * Refuses a room that holds fewer people than an event has tickets planned. Without a ticket type, which fixes the currency,
 * there are none, and the ticket subgraph sees to it that there are no more than the present room holds: it is asked only about a
 * smaller one.
 * @throws Conflict with `capacity` and `places`; ServiceUnavailable when it cannot be told.
 */
export async function requireRoomLargeEnough(
  { batchedReads, clients }: Deps,
  viewer: Viewer | null,
  event: Event,
  roomId: string | null | undefined,
): Promise<void> {
  if (!event.currencyFixed || roomId == null || roomId === event.roomId) return
  const room = await batchedReads.room(roomId)
  if (!room || (event.capacity !== null && room.capacity >= event.capacity)) return
  if (!clients.ticket) throw new ServiceUnavailable()
  const { ticketTypesByEvent } = await clients.ticket.query<{ ticketTypesByEvent: { quota: number }[] }>(
    PLANNED,
    { eventId: event.id },
    viewer,
  )
  const places = ticketTypesByEvent.reduce((sum, { quota }) => sum + quota, 0)
  const { capacity } = room
  if (places <= capacity) return
  throw new Conflict(`The room holds ${capacity} people, but ${places} tickets are planned.`, {
    capacity,
    places,
  })
}
