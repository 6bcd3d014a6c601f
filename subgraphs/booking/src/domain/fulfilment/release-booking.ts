import { MOST_LAPSED_HOLDS } from '@karcis/kit/contracts/bound-hold'
import { transaction } from '@karcis/kit/database'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { enqueueFollowUp, publishChange, recordStatus } from '../bookings/booking-changes.ts'
import {
  findBooking,
  findDue,
  findOver,
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

const lapsedHolds = z
  .array(z.object({ bookingId: idSchema, expiresAt: z.date() }))
  .max(MOST_LAPSED_HOLDS, `must name at most ${MOST_LAPSED_HOLDS}`)

/**
 * Says of bookings whose holds are past their time which of them are over for good, so that the ticket subgraph may give their places to
 * others. What is overdue is expired first: that waits for a payment which is under way on the same row, and either finds it PAID, and
 * does not name it, or makes sure that it never will be. What is not known here, or not yet over, is not named either.
 * @throws BadUserInput; ServiceUnavailable: nothing is known of any of them.
 */
export async function expireBookings(deps: Deps, rawHolds: unknown): Promise<string[]> {
  const holds = parseInput(lapsedHolds, rawHolds, 'holds')
  const ids = holds.map((hold) => hold.bookingId)
  for (const id of await findDue(deps.db, ids)) await expireBooking(deps, id)
  return findOver(deps.db, holds)
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
