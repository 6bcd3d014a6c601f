import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { newId } from '@karcis/kit/ids'
import type { Booking } from '../bookings/booking.ts'
import { publishChange, recordStatus } from '../bookings/booking-changes.ts'
import { lockBooking, moveToChargedBack, moveToRefunded } from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import {
  findIssued,
  findShareMade,
  insertBookingRefund,
  listEnding,
  moveRefundToRefused,
} from './booking-refund-store.ts'
import { payBack } from './pay-back.ts'
import { approveAll, moveRequestOfRefused } from './request-store.ts'
import { spreadOver, type TicketAmount } from './refund.ts'

/**
 * Gives all that has not gone back yet of what was paid back where it came from, in one transaction with the booking's status; an outside
 * provider is told by a job. Tickets end after that, also those that were used.
 * @param when.fulfilled whether its tickets must have been issued, or must not: an issue under way is not overtaken.
 * @returns null when the booking is not paid in that way (any more), tickets of it are being refunded by themselves just now, or its payment
 *   is in dispute, in which case nothing is done.
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
    await payBack(tx, deps, booking, await insertRest(tx, before, booking, reason))
    await recordStatus(tx, booking)
    return booking
  })
  await faultPoint('refund-booking/decided')
  if (refunded) publishChange(deps, refunded)
  return refunded
}

const CHARGED_BACK = 'Your bank has given the money back to you.'

/**
 * Writes down, in the transaction in which a dispute is lost, that all that was left of a booking has gone back to its buyer's bank. What of it
 * was being refunded comes to nothing: it has gone back that way. Tickets end after it.
 * @param before as the caller has locked it. @returns the booking; null when it is not paid (any more).
 */
export async function chargeBack(tx: Tx, before: Booking): Promise<Booking | null> {
  for (const id of await listEnding(tx, before.id)) {
    await moveRefundToRefused(tx, id)
    await moveRequestOfRefused(tx, id, CHARGED_BACK)
  }
  const booking = await moveToChargedBack(tx, before.id, CHARGED_BACK)
  if (!booking) return null
  await insertRest(tx, before, booking, CHARGED_BACK)
  await recordStatus(tx, booking)
  return booking
}

/** Writes a refund of all that has not gone back before, with the tickets that are left; whatever was asked for is approved by it. */
async function insertRest(tx: Tx, before: Booking, booking: Booking, reason: string) {
  const made = await findShareMade(tx, booking.id)
  const amount = booking.totalPrice - before.refundedAmount
  const refund = {
    id: newId(),
    bookingId: booking.id,
    amount,
    tax: booking.tax - made.tax,
    platformFees: booking.platformFees - made.platformFees,
    toWallet: false,
    reason,
  }
  const tickets = before.fulfilled ? await ticketsLeft(tx, booking.id, amount) : []
  await insertBookingRefund(tx, { ...refund, status: 'MADE', tickets })
  await approveAll(tx, booking.id, refund.id)
  return refund
}

/** The tickets of a booking that no refund has taken out of use, an amount spread over them. */
async function ticketsLeft(tx: Tx, bookingId: string, amount: number): Promise<TicketAmount[]> {
  const issued = await findIssued(tx, bookingId)
  const left = issued.ticketIds.filter((id) => !issued.refunded.has(id))
  return spreadOver(issued, { amount, price: null }, left)
}
