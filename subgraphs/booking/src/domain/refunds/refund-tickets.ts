import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { isAway } from '@karcis/kit/outages'
import { publishChange, recordStatus } from '../bookings/booking-changes.ts'
import { lockBooking, moveToPartlyRefunded, touchBooking } from '../bookings/booking-store.ts'
import type { Booking } from '../bookings/booking.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { PaymentDisputed, RefundNotAllowed } from '../errors.ts'
import { isDisputed } from '../payments/payment-store.ts'
import {
  enqueueRefundTickets,
  findRefund,
  insertBookingRefund,
  listEnding,
  moveRefundToMade,
  moveRefundToRefused,
  type NewRefund,
} from './booking-refund-store.ts'
import { payBack } from './pay-back.ts'
import type { BookingRefund } from './refund.ts'
import { moveRequestOfRefused } from './request-store.ts'

const USED = 'A ticket was used meanwhile, or ended otherwise: it cannot be refunded.'

/**
 * Begins to refund single tickets of a booking, in the caller's transaction: their places in it are this refund's, and a job brings it to
 * its end. Nothing has moved until then.
 * @throws RefundNotAllowed for a booking that is not paid (any more), still waits for its tickets, or whose payment is in dispute; TicketsRefunded.
 */
export async function beginRefund(tx: Tx, refund: Omit<NewRefund, 'status'>): Promise<void> {
  const booking = await lockBooking(tx, refund.bookingId)
  if (!booking || !isRefundable(booking))
    throw new RefundNotAllowed(
      'Only a paid booking with its tickets can be refunded.',
      booking?.status ?? 'PENDING',
    )
  if (await isDisputed(tx, booking.id)) throw new PaymentDisputed(booking.status)
  await insertBookingRefund(tx, { ...refund, status: 'ENDING' })
  await enqueueRefundTickets(tx, refund.id)
}

/** Whether a booking has been paid, has its tickets, and was not refunded in full. */
export const isRefundable = ({ status, fulfilled }: Booking): boolean =>
  fulfilled && (status === 'PAID' || status === 'PARTIALLY_REFUNDED')

/**
 * Brings a refund of single tickets to its end: first the ticket subgraph takes them out of use, all or none, then the money moves in one
 * transaction with booking, payment and ledger. A ticket that was used meanwhile ends the refund instead, for what is out of use first is
 * not used, and what was used first is not refunded. While its payment is in dispute it waits for the sweep after that. Broken off anywhere, it goes on by being called again; safe at the same time elsewhere.
 * @returns how it stands after it; null when there is none. @throws ServiceUnavailable while the ticket subgraph is away.
 */
export async function finishRefund(deps: Deps, refundId: string): Promise<BookingRefund | null> {
  const refund = await findRefund(deps.db, refundId)
  if (refund?.status !== 'ENDING' || (await isDisputed(deps.db, refund.bookingId))) return refund
  const { refunded } = await deps.tickets.refund(refund.bookingId, refund.id, refund.ticketIds)
  await faultPoint('refund-tickets/ended')
  const changed = await transaction(deps.db, (tx) => (refunded ? make(tx, deps, refund) : refuse(tx, refund)))
  await faultPoint('refund-tickets/written')
  if (changed) publishChange(deps, changed)
  return findRefund(deps.db, refundId)
}

async function make(tx: Tx, deps: Deps, refund: BookingRefund): Promise<Booking | null> {
  // The booking first: whatever moves it, or one of its payments, waits for the same row.
  await lockBooking(tx, refund.bookingId)
  if (await isDisputed(tx, refund.bookingId)) return null
  if (!(await moveRefundToMade(tx, refund.id))) return null
  const booking = await moveToPartlyRefunded(tx, refund.bookingId, refund)
  if (!booking) throw new Error(`booking ${refund.bookingId} cannot give ${refund.amount} back`)
  await payBack(tx, deps, booking, refund)
  await recordStatus(tx, booking)
  return booking
}

async function refuse(tx: Tx, refund: BookingRefund): Promise<Booking | null> {
  const booking = await lockBooking(tx, refund.bookingId)
  if (!booking || !(await moveRefundToRefused(tx, refund.id))) return null
  await moveRequestOfRefused(tx, refund.id, USED)
  return touchBooking(tx, booking)
}

/** Brings every refund of single tickets of a booking to its end. @throws ServiceUnavailable while the ticket subgraph is away. */
export async function finishRefunds(deps: Deps, bookingId: string): Promise<void> {
  for (const id of await listEnding(deps.db, bookingId)) await finishRefund(deps, id)
}

/** As `finishRefund`, at once; where that fails, the job does it. @returns how it stands. */
export async function finishRefundNow(deps: Deps, refundId: string): Promise<BookingRefund> {
  const refund = await finishRefund(deps, refundId).catch((error: unknown) => {
    if (!isAway(error, deps.log)) deps.log.warn({ err: error, refundId }, 'the refund is left to the job')
    return findRefund(deps.db, refundId)
  })
  if (!refund) throw new Error(`refund ${refundId} is gone`)
  return refund
}
