import type { Booking } from './booking.ts'
import { markPaymentRefunded, moveToRefunded } from './booking-writes.ts'
import { type Deps, transaction } from './deps.ts'
import { refundPosting } from './ledger/postings.ts'
import { post } from './ledger/store.ts'
import { publishChange, recordStatus } from './news.ts'

/**
 * Gives all that was paid back to the wallet, in one transaction with the booking's status.
 * @param withTickets whether its tickets must have been issued, or must not: an issue under way is not overtaken.
 * @returns null when the booking is not PAID in that way (any more), in which case nothing is done.
 */
export async function refund(
  deps: Deps,
  bookingId: string,
  reason: string,
  withTickets: boolean,
): Promise<Booking | null> {
  const refunded = await transaction(deps, async (tx) => {
    const booking = await moveToRefunded(tx, bookingId, reason, withTickets)
    if (!booking) return null
    if (booking.totalPrice > 0 && !(await post(tx, refundPosting(booking)))) {
      throw new Error(`booking ${bookingId} has a refund already`)
    }
    await markPaymentRefunded(tx, bookingId)
    await recordStatus(tx, booking)
    return booking
  })
  if (refunded) publishChange(deps, refunded)
  return refunded
}
