import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { newId } from '@karcis/kit/ids'
import type { Booking } from '../bookings/booking.ts'
import { enqueueMany, publishChange, recordManyRefunded } from '../bookings/booking-changes.ts'
import { findItems, findTicketIds, moveAllToRefunded } from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { insertPostings } from '../ledger/ledger-store.ts'
import { type Posting, REFUNDS_DUE, refundPosting } from '../ledger/postings.ts'
import { REFUND_PAYMENT } from '../payments/payment-jobs.ts'
import { advance } from '../payments/payment-state.ts'
import { findPayments, lockPayments, type Payment, updateRefunded } from '../payments/payment-store.ts'
import type { PaymentProvider } from '../payments/provider.ts'
import type { PaymentProviders } from '../payments/providers.ts'
import {
  findMade,
  insertBookingRefunds,
  insertProviderRefunds,
  type WholeRefund,
} from './many-refunds-store.ts'
import { spreadOver } from './refund.ts'
import { approveEach } from './request-store.ts'

/**
 * As `refundInFull`, for many bookings of one currency that have their tickets, in a few statements of one transaction. Those of which tickets are being refunded by
 * themselves are left as they are.
 * @returns ids of those that were refunded now.
 */
export async function refundTogether(
  deps: Deps,
  bookingIds: readonly string[],
  reason: string,
): Promise<Set<string>> {
  if (bookingIds.length === 0) return new Set()
  const bookings = await transaction(deps.db, async (tx) => {
    const moved = await moveAllToRefunded(tx, bookingIds, reason)
    if (moved.length === 0) return []
    const refunds = await refundsOf(tx, deps.providers, moved)
    await insertProviderRefunds(tx, refunds)
    await insertBookingRefunds(tx, refunds, reason)
    await approveEach(tx, refunds)
    await insertPostings(tx, postingsOf(deps.providers, refunds))
    await updateRefunded(tx, movedPayments(refunds))
    const asked = refunds.flatMap(({ providerRefundId }) => providerRefundId ?? [])
    if (asked.length > 0) await enqueueMany(tx, REFUND_PAYMENT.name, 'refundId', asked)
    const refunded = moved.map(({ booking }) => booking)
    await recordManyRefunded(tx, refunded)
    return refunded
  })
  await faultPoint('refund-event/decided')
  for (const booking of bookings) publishChange(deps, booking)
  return new Set(bookings.map(({ id }) => id))
}

async function refundsOf(
  tx: Tx,
  providers: PaymentProviders,
  moved: readonly { before: Booking; booking: Booking }[],
): Promise<WholeRefund[]> {
  const ids = moved.map(({ booking }) => booking.id)
  const paid = await findPayments(tx, ids)
  const payments = await lockPayments(tx, [...new Set([...paid.values()].map(({ id }) => id))])
  const made = await findMade(tx, ids)
  const [items, ticketIds] = [await findItems(tx, ids), await findTicketIds(tx, ids)]
  return moved.map(({ before: { refundedAmount }, booking }) => {
    const { id } = booking
    const payment = payments.get(paid.get(id)?.id ?? '')
    if (!payment) throw new Error(`booking ${id} has no payment to refund`)
    const provider: PaymentProvider | undefined = providers[payment.provider]
    const amount = booking.totalPrice - refundedAmount
    const before = made.get(id)
    const issued = { items: items.get(id) ?? [], ticketIds: ticketIds.get(id) ?? [] }
    const left = issued.ticketIds.filter((ticketId) => !before?.ticketIds.includes(ticketId))
    return {
      id: newId(),
      booking,
      payment,
      amount,
      tax: booking.tax - (before?.tax ?? 0),
      platformFees: booking.platformFees - (before?.platformFees ?? 0),
      tickets: spreadOver(issued, { amount, price: null }, left),
      providerRefundId: amount > 0 && provider?.kind !== 'LEDGER' ? newId() : null,
    }
  })
}

const postingsOf = (providers: PaymentProviders, refunds: readonly WholeRefund[]): Posting[] =>
  refunds.flatMap(({ id: key, booking, payment, amount, tax, platformFees }) => {
    if (amount === 0) return []
    const share = { sales: amount - tax - platformFees, tax, platformFees }
    const provider: PaymentProvider | undefined = providers[payment.provider]
    return provider?.kind === 'LEDGER'
      ? provider.refundPosting(booking, { key, share })
      : refundPosting(booking, REFUNDS_DUE, key, share)
  })

/** Payments as they are after it; one may be of several of these bookings. */
function movedPayments(refunds: readonly WholeRefund[]): Payment[] {
  return [...Map.groupBy(refunds, ({ payment }) => payment.id).values()].flatMap((parts) => {
    const [first] = parts
    if (!first) return []
    const amount = parts.reduce((sum, part) => sum + part.amount, 0)
    const { payment } = first
    if (amount === 0 && (payment.amount > 0 || payment.status !== 'PAID')) return []
    return { ...payment, ...advance(payment, { type: 'REFUNDED', amount }) }
  })
}
