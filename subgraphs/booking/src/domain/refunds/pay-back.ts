import type { Booking } from '../bookings/booking.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { insertPosting } from '../ledger/ledger-store.ts'
import { REFUNDS_DUE, refundPosting, walletOf } from '../ledger/postings.ts'
import { advance } from '../payments/payment-state.ts'
import { findPayments, lockPayment, moveLocked } from '../payments/payment-store.ts'
import type { PaymentProvider } from '../payments/provider.ts'
import { updateProviderRefund } from './booking-refund-store.ts'
import type { BookingRefund } from './refund.ts'
import { insertRefund } from './refund-store.ts'

/**
 * Gives money of a booking back, in the transaction that says so of the booking, whose row the caller has locked: to where it came from, or
 * into the buyer's wallet. An outside provider is told by a job. A payment may be of several bookings, of which each gives back its own part.
 * @param booking as it is after it.
 */
export async function payBack(
  tx: Tx,
  { providers }: Pick<Deps, 'providers'>,
  booking: Booking,
  {
    id,
    amount,
    tax,
    platformFees,
    toWallet,
  }: Pick<BookingRefund, 'id' | 'amount' | 'tax' | 'platformFees' | 'toWallet'>,
): Promise<void> {
  const paid = (await findPayments(tx, [booking.id])).get(booking.id)
  const payment = paid && (await lockPayment(tx, paid.id))
  if (!payment) throw new Error(`booking ${booking.id} has no payment to refund`)
  const share = { sales: amount - tax - platformFees, tax, platformFees }
  const provider: PaymentProvider | undefined = providers[payment.provider]
  if (amount > 0 && toWallet)
    await insertPosting(tx, refundPosting(booking, walletOf(booking.userId), id, share))
  else if (amount > 0 && provider?.kind === 'LEDGER') await provider.refund(tx, booking, { key: id, share })
  else if (amount > 0) {
    await insertPosting(tx, refundPosting(booking, REFUNDS_DUE, id, share))
    await updateProviderRefund(tx, id, await insertRefund(tx, payment.id, amount))
  }
  // Of nothing, nothing goes back; a payment of nothing ends with the first of its bookings.
  const ended = booking.status === 'REFUNDED' && payment.amount === 0 && payment.status === 'PAID'
  if (amount > 0 || ended) await moveLocked(tx, payment, advance(payment, { type: 'REFUNDED', amount }))
}
