import { transaction } from '@karcis/kit/database'
import { CLOSE_UNSOLD } from '@karcis/kit/contracts/unsold-event'
import { Conflict, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import type { Deps } from '../deps.ts'
import type { Event } from '../events/event.ts'
import { publishChange, publishGone } from '../events/event-live.ts'
import * as store from '../events/event-store.ts'
import { explainRoomTaken, reserveRoom } from '../venues/room-booking-store.ts'
import { ownedEvent } from './access.ts'
import { tellSellers } from './tell-sellers.ts'

/** Puts a draft or a rejected event up for review, which reserves its room. @throws NotFound, Forbidden, Conflict, RoomNotAvailable. */
export async function submitEvent(deps: Deps, viewer: Viewer | null, id: string): Promise<Event> {
  const { id: eventId } = await ownedEvent(deps, viewer, id, 'id', 'EDIT')
  const event = await transaction(deps.db, async (tx) => {
    const submitted = await store.moveEventToReview(tx, eventId)
    if (!submitted)
      throw new Conflict('Only a draft or a rejected event that starts in the future can be submitted.')
    await reserveRoom(tx, eventId, submitted, 'CURRENT')
    return submitted
  }).catch(explainRoomTaken(deps.db))
  publishChange(deps.live, event)
  return event
}

/**
 * Removes an event of which nothing was ever sold, and gives it as it was. Of one that was approved the ticket subgraph says so, and takes it out of sale
 * in the same moment.
 * @throws NotFound, Forbidden, Conflict; ServiceUnavailable when the ticket subgraph does not answer.
 */
export async function deleteEvent(deps: Deps, viewer: Viewer | null, id: string): Promise<Event> {
  const { id: eventId } = await ownedEvent(deps, viewer, id)
  const deleted =
    (await transaction(deps.db, (tx) => store.deleteEvent(tx, eventId, 'UNAPPROVED'))) ??
    (await deleteUnsold(deps, eventId))
  if (!deleted) throw new NotFound('event', id)
  publishGone(deps.live, deleted)
  await tellSellers(deps, eventId, 'ticket', 'booking')
  return deleted
}

async function deleteUnsold(deps: Deps, eventId: string): Promise<Event | null> {
  if (!deps.clients.ticket) throw new ServiceUnavailable()
  const { closeUnsold } = await deps.clients.ticket.query<{ closeUnsold: boolean }>(CLOSE_UNSOLD, { eventId })
  if (!closeUnsold)
    throw new Conflict(
      'Tickets of this event were sold or given away, or somebody holds places: see cancelEvent.',
    )
  return transaction(deps.db, (tx) => store.deleteEvent(tx, eventId, 'ANY'))
}
