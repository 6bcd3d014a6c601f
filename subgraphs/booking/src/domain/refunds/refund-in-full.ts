import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Booking } from '../bookings/booking.ts'
import { publishChange, recordStatus } from '../bookings/booking-changes.ts'
import { findItems, findTicketIds, lockBooking, moveToRefunded } from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { findRefundedTickets, insertBookingRefund } from './booking-refund-store.ts'
import { payBack } from './pay-back.ts'
import { approveAll } from './request-store.ts'
import { spreadOver, type TicketAmount, ticketPrices } from './refund.ts'

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
    const amount = booking.totalPrice - before.refundedAmount
    const tickets = when.fulfilled ? spreadOver(amount, await ticketsLeft(tx, bookingId)) : []
    const refund = { id: newId(), bookingId, amount, toWallet: false, reason }
    await insertBookingRefund(tx, { ...refund, status: 'MADE', tickets })
    await approveAll(tx, bookingId, refund.id)
    await payBack(tx, deps, booking, refund)
    await recordStatus(tx, booking)
    return booking
  })
  if (refunded) publishChange(deps, refunded)
  return refunded
}

/** The tickets of a booking that no refund has taken out of use, at what they have cost. */
async function ticketsLeft(tx: Tx, bookingId: string): Promise<TicketAmount[]> {
  const ticketIds = (await findTicketIds(tx, [bookingId])).get(bookingId) ?? []
  if (ticketIds.length === 0) return []
  const items = (await findItems(tx, [bookingId])).get(bookingId) ?? []
  const refunded = await findRefundedTickets(tx, bookingId)
  return ticketPrices(items, ticketIds).filter(({ ticketId }) => !refunded.has(ticketId))
}
