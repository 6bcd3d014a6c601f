import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { isAway } from '@karcis/kit/outages'
import type { Booking } from '../bookings/booking.ts'
import {
  enqueueFollowUp,
  enqueueIssueSoon,
  publishChange,
  recordStatus,
} from '../bookings/booking-changes.ts'
import {
  findBooking,
  moveToIssued,
  moveToRefunded,
  moveToTicketsCancelled,
  updateUnfulfilled,
} from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { wholeShare } from '../fees/refund-share.ts'
import { insertPosting } from '../ledger/ledger-store.ts'
import { REFUNDS_DUE, refundPosting } from '../ledger/postings.ts'
import { advance } from '../payments/payment-state.ts'
import { findPayments, lockPayment, moveLocked } from '../payments/payment-store.ts'
import type { PaymentProvider } from '../payments/provider.ts'
import { insertRefund } from '../refunds/refund-store.ts'

const PLACES_GONE = 'The places were gone before the tickets could be issued.'

/**
 * Brings a PAID booking to its end: tickets, or all the money back when its places are gone. Safe to run
 * again, and at the same time elsewhere.
 * @throws ServiceUnavailable while the ticket subgraph is away.
 */
export async function issueTickets(deps: Deps, bookingId: string): Promise<void> {
  const booking = await findBooking(deps.db, bookingId)
  // An earlier run may have died after its tickets came too late, for a booking that was refunded meanwhile.
  if (booking?.status === 'REFUNDED') return cancelTickets(deps, bookingId)
  if (booking?.status !== 'PAID' || booking.fulfilled) return

  const { issued, ticketIds } = await deps.tickets.issue(bookingId)
  await faultPoint('issue-tickets/issued')
  if (!issued) {
    await refundInFull(deps, bookingId, PLACES_GONE, { fulfilled: false })
    return
  }
  const fulfilled = await transaction(deps.db, async (tx) => {
    const moved = await moveToIssued(tx, bookingId, ticketIds)
    if (moved) return moved
    // Another run was told that the places are gone, and refunded: tickets that came after that must not stay.
    const now = await findBooking(tx, bookingId)
    if (now?.status === 'REFUNDED') {
      await updateUnfulfilled(tx, bookingId)
      await enqueueFollowUp(tx, bookingId, now.status)
    }
    return null
  })
  await faultPoint('issue-tickets/noted')
  if (fulfilled) publishChange(deps, fulfilled)
}

/**
 * As the job does it: when it fails, it is tried again within a second, then within two, four and so on.
 * @param tries how many have failed before. @throws what `issueTickets` does, once the job's own back-off is to go on with it.
 */
export async function issueTicketsSoon(deps: Deps, bookingId: string, tries: number): Promise<void> {
  try {
    await issueTickets(deps, bookingId)
  } catch (error) {
    if (!(await transaction(deps.db, (tx) => enqueueIssueSoon(tx, bookingId, tries)))) throw error
    if (isAway(error, deps.log)) return
    deps.log.warn({ err: error, bookingId, tries: tries + 1 }, 'paid; the tickets are tried again soon')
  }
}

/**
 * Gives all that was paid back where it came from, in one transaction with the booking's status; an outside provider is told by a job.
 * @param when.fulfilled whether its tickets must have been issued, or must not: an issue under way is not overtaken.
 * @returns null when the booking is not PAID in that way (any more), in which case nothing is done.
 */
export async function refundInFull(
  deps: Deps,
  bookingId: string,
  reason: string,
  when: { fulfilled: boolean },
): Promise<Booking | null> {
  const refunded = await transaction(deps.db, async (tx) => {
    const booking = await moveToRefunded(tx, bookingId, reason, when.fulfilled)
    if (!booking) return null
    await refundPayment(tx, deps, booking)
    await recordStatus(tx, booking)
    return booking
  })
  await faultPoint('refund-booking/decided')
  if (refunded) publishChange(deps, refunded)
  return refunded
}

async function refundPayment(tx: Tx, { providers }: Deps, booking: Booking): Promise<void> {
  const found = (await findPayments(tx, [booking.id])).get(booking.id)
  // Locked, and read again: it may have paid other bookings too, which are refunded by themselves.
  const payment = found && (await lockPayment(tx, found.id))
  if (!payment) throw new Error(`booking ${booking.id} has no payment to refund`)
  const amount = booking.totalPrice
  const provider: PaymentProvider | undefined = providers[payment.provider]
  if (amount > 0 && provider?.kind === 'LEDGER')
    await provider.refund(tx, booking, { key: booking.id, share: wholeShare(booking) })
  else if (amount > 0) {
    await insertPosting(tx, refundPosting(booking, REFUNDS_DUE, booking.id, wholeShare(booking)))
    await insertRefund(tx, payment.id, amount)
  }
  // Of nothing, nothing goes back; a payment of nothing ends with the first of its bookings.
  if (amount > 0 || (payment.amount === 0 && payment.status === 'PAID'))
    await moveLocked(tx, payment, advance(payment, { type: 'REFUNDED', amount }))
}

/**
 * Takes the tickets of a REFUNDED booking out of use, and frees whatever else it may still hold. Safe to run again.
 * @throws ServiceUnavailable while the ticket subgraph is away.
 */
export async function cancelTickets(deps: Deps, bookingId: string): Promise<void> {
  const booking = await findBooking(deps.db, bookingId)
  if (booking?.status !== 'REFUNDED') return
  await deps.tickets.cancel(bookingId)
  await faultPoint('cancel-tickets/cancelled')
  await deps.tickets.release(bookingId)
  await faultPoint('cancel-tickets/released')
  const done = await transaction(deps.db, (tx) => moveToTicketsCancelled(tx, bookingId))
  await faultPoint('cancel-tickets/noted')
  if (done) publishChange(deps, done)
}
