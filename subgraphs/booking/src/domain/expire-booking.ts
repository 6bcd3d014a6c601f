import { moveToExpired } from './booking-writes.ts'
import { type Deps, transaction } from './deps.ts'
import { publishChange, recordStatus } from './news.ts'

/**
 * Writes down that a booking was not paid in time, and has its places freed. Readers and payments do not wait for it:
 * they look at the time themselves. Does nothing to a booking that is not due.
 */
export async function expireBooking(deps: Deps, bookingId: string): Promise<void> {
  const expired = await transaction(deps, async (tx) => {
    const moved = await moveToExpired(tx, bookingId)
    if (moved) await recordStatus(tx, moved)
    return moved
  })
  if (expired) publishChange(deps, expired)
}
