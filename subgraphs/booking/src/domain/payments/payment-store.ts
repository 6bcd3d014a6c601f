import { newId } from '@karcis/kit/ids'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Booking } from '../bookings/booking.ts'
import type { Db, Tx } from '../database.ts'
import type { PaymentState } from './payment-state.ts'
import type { PaymentMethod } from './providers.ts'

/** One attempt to pay a booking. Amounts are whole numbers of the smallest unit of `currency`. */
export interface Payment extends PaymentState {
  id: string
  bookingId: string
  provider: PaymentMethod
  currency: string
  /** When the money was taken; null until then. */
  paidAt: Date | null
}

const COLUMNS = Prisma.sql`id, booking_id AS "bookingId", provider, status, amount,
  captured_amount AS "capturedAmount", refunded_amount AS "refundedAmount", currency, paid_at AS "paidAt"`

type Amounts = 'amount' | 'capturedAmount' | 'refundedAmount'

type PaymentRow = Omit<Payment, Amounts> & Record<Amounts, bigint>

const toPayment = (row: PaymentRow): Payment => ({
  ...row,
  amount: Number(row.amount),
  capturedAmount: Number(row.capturedAmount),
  refundedAmount: Number(row.refundedAmount),
})

/** The payments that paid bookings, by booking id; those of which everything went back included. */
export async function findPayments(
  db: Db | Tx,
  bookingIds: readonly string[],
): Promise<Map<string, Payment>> {
  // One payment at most has money that did not all go back: of several it is the one that counts.
  const rows = await db.$queryRaw<PaymentRow[]>`SELECT DISTINCT ON (booking_id) ${COLUMNS} FROM payments
    WHERE booking_id = ANY(${bookingIds}::uuid[]) AND paid_at IS NOT NULL
    ORDER BY booking_id, (status = 'REFUNDED'), id DESC`
  return new Map(rows.map((row) => [row.bookingId, toPayment(row)]))
}

/** Writes a payment of a booking's whole price; its time of payment is now where its money is taken. */
export async function insertPayment(
  tx: Tx,
  booking: Booking,
  provider: PaymentMethod,
  { status, amount, capturedAmount, refundedAmount }: PaymentState,
): Promise<void> {
  await tx.$executeRaw`INSERT INTO payments
      (id, booking_id, provider, status, amount, captured_amount, refunded_amount, currency, paid_at)
    VALUES (${newId()}::uuid, ${booking.id}::uuid, ${provider}, ${status}::text, ${amount}::bigint,
      ${capturedAmount}::bigint, ${refundedAmount}::bigint, ${booking.currency},
      CASE WHEN ${status}::text = 'PAID' THEN now() END)`
}

/**
 * Moves a payment on from how it was read.
 * @returns whether it was still so; when another has moved it meanwhile, nothing is written.
 */
export async function movePayment(tx: Tx, from: Payment, to: PaymentState): Promise<boolean> {
  const moved = await tx.$executeRaw`UPDATE payments SET status = ${to.status},
      captured_amount = ${to.capturedAmount}::bigint, refunded_amount = ${to.refundedAmount}::bigint, updated_at = now()
    WHERE id = ${from.id}::uuid AND status = ${from.status} AND refunded_amount = ${from.refundedAmount}::bigint`
  return moved === 1
}
