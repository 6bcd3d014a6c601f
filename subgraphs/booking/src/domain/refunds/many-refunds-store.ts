import type { Booking } from '../bookings/booking.ts'
import type { Tx } from '../database.ts'
import type { Payment } from '../payments/payment-store.ts'
import type { TicketAmount } from './refund.ts'

/** What is left of one booking, as it goes back. */
export interface WholeRefund {
  id: string
  booking: Booking
  payment: Payment
  amount: number
  tax: number
  platformFees: number
  tickets: TicketAmount[]
  /** What an outside provider is asked for; null where the ledger is all there is. */
  providerRefundId: string | null
}

/** What went back of a booking so far as tax, and of the platform's, and for which of its tickets. */
interface Made {
  tax: number
  platformFees: number
  ticketIds: string[]
}

/** By booking; of those of which nothing is being refunded by itself just now. */
export async function findMade(tx: Tx, bookingIds: readonly string[]): Promise<Map<string, Made>> {
  const rows = await tx.$queryRaw<{ id: string; tax: bigint; platformFees: bigint; ticketIds: string[] }[]>`
    SELECT booking_id AS id, sum(tax)::bigint AS tax, sum(platform_fees)::bigint AS "platformFees",
      coalesce(array_agg(ticket_id) FILTER (WHERE ticket_id IS NOT NULL), '{}') AS "ticketIds"
    FROM (SELECT booking_id, tax, platform_fees, NULL::uuid AS ticket_id FROM booking_refunds
        WHERE booking_id = ANY(${bookingIds}::uuid[]) AND status = 'MADE'
      UNION ALL SELECT refund.booking_id, 0, 0, item.ticket_id FROM booking_refunds refund JOIN refund_items item ON item.refund_id = refund.id
        WHERE refund.booking_id = ANY(${bookingIds}::uuid[])) made GROUP BY booking_id`
  return new Map(
    rows.map(({ id, tax, platformFees, ticketIds }) => [
      id,
      { tax: Number(tax), platformFees: Number(platformFees), ticketIds },
    ]),
  )
}

/** Writes down what outside providers have to give back. */
export async function insertProviderRefunds(tx: Tx, refunds: readonly WholeRefund[]): Promise<void> {
  const asked = refunds.filter(({ providerRefundId }) => providerRefundId !== null)
  if (asked.length === 0) return
  await tx.$executeRaw`INSERT INTO refunds (id, payment_id, amount)
    SELECT * FROM unnest(${asked.map(({ providerRefundId }) => providerRefundId)}::uuid[], ${asked.map(({ payment }) => payment.id)}::uuid[],
      ${asked.map(({ amount }) => BigInt(amount))}::bigint[])`
}

/** Writes refunds that are made, with their tickets. */
export async function insertBookingRefunds(
  tx: Tx,
  refunds: readonly WholeRefund[],
  reason: string,
): Promise<void> {
  const of = (field: 'amount' | 'tax' | 'platformFees') => refunds.map((refund) => BigInt(refund[field]))
  await tx.$executeRaw`INSERT INTO booking_refunds (id, booking_id, status, amount, tax, platform_fees, reason, provider_refund_id)
    SELECT made.id, made.booking_id, 'MADE', made.amount, made.tax, made.platform_fees, ${reason}, made.provider_refund_id
    FROM unnest(${refunds.map(({ id }) => id)}::uuid[], ${refunds.map(({ booking }) => booking.id)}::uuid[], ${of('amount')}::bigint[],
      ${of('tax')}::bigint[], ${of('platformFees')}::bigint[], ${refunds.map(({ providerRefundId }) => providerRefundId)}::uuid[])
      AS made (id, booking_id, amount, tax, platform_fees, provider_refund_id)`
  const items = refunds.flatMap(({ id, tickets }) => tickets.map((ticket) => ({ ...ticket, id })))
  await tx.$executeRaw`INSERT INTO refund_items (ticket_id, refund_id, amount)
    SELECT * FROM unnest(${items.map(({ ticketId }) => ticketId)}::uuid[], ${items.map(({ id }) => id)}::uuid[],
      ${items.map(({ amount }) => BigInt(amount))}::bigint[])`
}
