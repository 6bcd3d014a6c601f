import type { Tx } from '../database.ts'
import type { Event, Reviewed } from '../events/event.ts'
import { sameSchedule } from '../events/event-schedule.ts'
import { deletePendingChanges, upsertPendingChanges } from '../events/event-store.ts'
import { releaseRoom, reserveRoom } from '../venues/room-booking-store.ts'

/**
 * Has what is wanted of an approved event wait for its review, with the room that it needs. What is in force already waits for nothing.
 * @param inForce the event as it is sold. @throws RoomNotAvailable.
 */
export async function writePending(tx: Tx, inForce: Event, wanted: Reviewed): Promise<void> {
  if (wanted.title === inForce.title && sameSchedule(wanted, inForce)) {
    await deletePendingChanges(tx, inForce.id)
    await releaseRoom(tx, inForce.id, 'PENDING')
  } else {
    await upsertPendingChanges(tx, inForce.id, wanted)
    await reserveRoom(tx, inForce.id, wanted, 'PENDING')
  }
}
