import { transaction } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import type { Deps } from '../deps.ts'
import type { Event } from '../events/event.ts'
import { publishChange, publishGone } from '../events/event-live.ts'
import * as store from '../events/event-store.ts'
import { explainRoomTaken, reserveRoom } from '../venues/room-booking-store.ts'
import { ownedEvent } from './access.ts'

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
 * Removes an event and gives it as it was. Only one that was never approved: of no other is it certain that nothing was sold.
 * @throws NotFound, Forbidden, Conflict.
 */
export async function deleteEvent(deps: Deps, viewer: Viewer | null, id: string): Promise<Event> {
  const { id: eventId } = await ownedEvent(deps, viewer, id)
  const deleted = await transaction(deps.db, (tx) => store.deleteEvent(tx, eventId))
  if (!deleted)
    throw new Conflict('The event has been approved, so tickets may have been sold: it cannot be deleted.')
  publishGone(deps.live, deleted)
  return deleted
}
