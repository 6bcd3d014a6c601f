import { transaction } from '@karcis/kit/database'
import { Conflict, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput, reasonSchema } from '@karcis/kit/validate'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import type { Event } from '../events/event.ts'
import { publishChange } from '../events/event-live.ts'
import * as store from '../events/event-store.ts'
import { releaseRoom } from '../venues/room-booking-store.ts'
import { ownedEvent } from './access.ts'
import { tellSellers } from './tell-sellers.ts'

/**
 * Calls an approved event off, for good: its sale ends, its room is free, and everybody who has paid gets all their money back. One that is
 * called off already stays as it is.
 * @throws NotFound, Forbidden, BadUserInput; Conflict when it was never approved, or is over.
 */
export async function cancelEvent(
  deps: Deps,
  viewer: Viewer | null,
  id: string,
  rawReason: string,
): Promise<Event> {
  const { id: eventId } = await ownedEvent(deps, viewer, id)
  const reason = parseInput(reasonSchema(300), rawReason, 'reason')
  const event = await transaction(deps.db, async (tx) => {
    const cancelled = await store.moveEventToCancelled(tx, eventId, reason)
    if (!cancelled) return refuse(tx, eventId)
    await store.deletePendingChanges(tx, eventId)
    await releaseRoom(tx, eventId, 'CURRENT')
    await releaseRoom(tx, eventId, 'PENDING')
    return { ...cancelled, hasPendingChanges: false }
  })
  publishChange(deps.live, event)
  await tellSellers(deps, event.id, 'ticket', 'booking')
  return event
}

/** Says why an event could not be called off; gives it where it simply is. */
async function refuse(tx: Tx, id: string): Promise<Event> {
  const event = await store.lockEvent(tx, id)
  if (!event) throw new NotFound('event', id)
  if (event.status === 'CANCELLED') return event
  throw new Conflict(
    event.status === 'APPROVED'
      ? 'The event is over.'
      : 'Only an approved event is called off: what was never approved is removed by deleteEvent.',
    { status: event.status },
  )
}
