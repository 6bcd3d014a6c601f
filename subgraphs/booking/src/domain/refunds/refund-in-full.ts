import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { newId } from '@karcis/kit/ids'
import type { Booking } from '../bookings/booking.ts'
import { publishChange, recordStatus } from '../bookings/booking-changes.ts'
import { lockBooking, moveToRefunded } from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { findIssued, findShareMade, insertBookingRefund } from './booking-refund-store.ts'
import { payBack } from './pay-back.ts'
import { approveAll } from './request-store.ts'
import { spreadOver, type TicketAmount } from './refund.ts'

/**
 * Gives all that has not gone back yet of what was paid back where it came from, in one transaction with the booking's status; an outside
 * provider is told by a job. Tickets end after that, also those that were used.
 * @param when.fulfilled whether its tickets must have been issued, or must not: an issue under way is not overtaken.
 * @returns null when the booking is not paid in that way (any more), or tickets of it are being refunded by themselves just now, in which case
 *   nothing is done.
 */
export async function refundInFull(
  deps: Deps,
  bookingId: string,
  reason: string,
  when: { fulfilled: boolean },
): Promise<Booking | null> {
  const refunded = await transaction(deps.db, async (tx) => {
    const before = await lockBooking(tx, bookingId)
    const booking = await moveToRefunded(tx, bookingId, reason, when.fulfilled)
    if (!before || !booking) return null
    const made = await findShareMade(tx, bookingId)
    const rest = {
      amount: booking.totalPrice - before.refundedAmount,
      tax: booking.tax - made.tax,
      platformFees: booking.platformFees - made.platformFees,
    }
    const tickets = when.fulfilled ? await ticketsLeft(tx, bookingId, rest.amount) : []
    const refund = { id: newId(), bookingId, ...rest, toWallet: false, reason }
    await insertBookingRefund(tx, { ...refund, status: 'MADE', tickets })
    await approveAll(tx, bookingId, refund.id)
    await payBack(tx, deps, booking, refund)
    await recordStatus(tx, booking)
    return booking
  })
  await faultPoint('refund-booking/decided')
  if (refunded) publishChange(deps, refunded)
  return refunded
}

/** The tickets of a booking that no refund has taken out of use, an amount spread over them. */
async function ticketsLeft(tx: Tx, bookingId: string, amount: number): Promise<TicketAmount[]> {
  const issued = await findIssued(tx, bookingId)
  const left = issued.ticketIds.filter((id) => !issued.refunded.has(id))
  return spreadOver(issued, amount, left)
}
