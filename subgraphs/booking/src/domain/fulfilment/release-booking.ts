import { transaction } from '@karcis/kit/database'
import { enqueueFollowUp, publishChange, recordStatus } from '../bookings/booking-changes.ts'
import {
  findBooking,
  listDue,
  listUnfulfilled,
  moveToExpired,
  updateFulfilled,
} from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'

/** How many bookings one sweep takes of each kind. */
const SWEEP_LIMIT = 500
/** What changed more recently is most likely being worked on just now. */
const QUIET_SECONDS = 30

/**
 * Writes down that a booking was not paid in time, and has its places freed. Readers and payments do not wait for it:
 * they look at the time themselves. Does nothing to a booking that is not due.
 */
export async function expireBooking(deps: Deps, bookingId: string): Promise<void> {
  const expired = await transaction(deps.db, async (tx) => {
    const moved = await moveToExpired(tx, bookingId)
    if (moved) await recordStatus(tx, moved)
    return moved
  })
  if (expired) publishChange(deps, expired)
}

/**
 * Frees the places of a booking that came to nothing. Safe to run again.
 * @throws ServiceUnavailable while the ticket subgraph is away.
 */
export async function releaseBooking(deps: Deps, bookingId: string): Promise<void> {
  const booking = await findBooking(deps.db, bookingId)
  if (!booking || (booking.status !== 'EXPIRED' && booking.status !== 'CANCELLED')) return
  await deps.tickets.release(bookingId)
  await transaction(deps.db, (tx) => updateFulfilled(tx, booking))
}

/**
 * Finds what jobs have left undone, whatever became of them: bookings past their time, and bookings whose status asks
 * something of the ticket subgraph that was not done.
 */
export async function sweepBookings(deps: Deps): Promise<void> {
  for (const id of await listDue(deps.db, SWEEP_LIMIT)) await expireBooking(deps, id)
  for (const { id, status } of await listUnfulfilled(deps.db, QUIET_SECONDS, SWEEP_LIMIT)) {
    await transaction(deps.db, (tx) => enqueueFollowUp(tx, id, status))
  }
}
