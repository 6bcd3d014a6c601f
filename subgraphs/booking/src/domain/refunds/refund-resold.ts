import type { EventPayload } from '@karcis/kit/contracts/events'
import { ServiceUnavailable } from '@karcis/kit/errors'
import { lockBooking } from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import { enqueueRefundTickets, findIssued, insertBookingRefund } from './booking-refund-store.ts'
import { findPoliciesOf } from './policy-store.ts'
import { partOf } from './refund.ts'
import { isRefundable } from './refund-tickets.ts'

const RESOLD = 'Your ticket was sold to somebody else, as you wanted.'

/**
 * Begins to refund a ticket whose place was sold to somebody else, in the transaction that takes the word of it in: what it has cost, but for
 * the fees that the policy keeps. It has ended already, by this refund's id, so the refund goes on as all others do and finds it ended by itself.
 * Nothing is done where all of the booking has gone back meanwhile. While its payment is in dispute the refund waits, as all do.
 * @throws ServiceUnavailable while its booking is not known to have its tickets yet; TicketsRefunded while another refund of the ticket is
 *   still to find that it came too late. Both are over when the word of it comes again.
 */
export async function refundResold(tx: Tx, resold: EventPayload<'ticket.resold'>): Promise<void> {
  const { bookingId, refundId: id, ordinal } = resold
  const booking = await lockBooking(tx, bookingId)
  if (!booking)
    throw new Error(`a ticket of booking ${bookingId} was sold again, and there is no such booking`)
  if (booking.status === 'PAID' && !booking.fulfilled) throw new ServiceUnavailable()
  if (!isRefundable(booking)) return
  const policies = await findPoliciesOf(tx, booking)
  const issued = await findIssued(tx, bookingId)
  const ticketId = issued.ticketIds[ordinal]
  if (ticketId === undefined) throw new Error(`booking ${bookingId} has no ticket ${ordinal}`)
  const keepFees = policies.every((policy) => policy.feesKept)
  const part = partOf(issued, [ticketId], { percent: 100, keepFees })
  await insertBookingRefund(tx, { id, bookingId, ...part, toWallet: false, reason: RESOLD, status: 'ENDING' })
  await enqueueRefundTickets(tx, id)
}
