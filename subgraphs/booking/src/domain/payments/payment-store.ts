import { newId } from '@karcis/kit/ids'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { newPaymentState, type PaymentState } from './payment-state.ts'
import type { BuyerAction, StartedPayment } from './provider.ts'
import type { PaymentMethod } from './providers.ts'
import type { Bill, Subject } from './subject.ts'

/** One attempt to pay for something. Amounts are whole numbers of the smallest unit of `currency`. */
export interface Payment extends PaymentState, Subject {
  id: string
  /** Who pays. */
  userId: string
  provider: PaymentMethod
  /** The provider's own id of it; null for our own ledger, and until the provider has said it. */
  reference: string | null
  /** What the buyer has to do next, at an outside provider. */
  action: BuyerAction | null
  /** Until when an outside provider takes the money; null for our own ledger. */
  expiresAt: Date | null
  currency: string
  /** When the money was taken; null until then. */
  paidAt: Date | null
}

const COLUMNS = Prisma.sql`id, booking_id AS "bookingId", checkout_id AS "checkoutId", top_up_user_id AS "topUpUserId",
  coalesce(top_up_user_id, (SELECT user_id FROM checkouts WHERE checkouts.id = payments.checkout_id),
    (SELECT user_id FROM bookings WHERE bookings.id = payments.booking_id)) AS "userId", provider, provider_reference AS reference, status, amount,
  captured_amount AS "capturedAmount", refunded_amount AS "refundedAmount", currency, action, expires_at AS "expiresAt",
  paid_at AS "paidAt"`

const UNDER_WAY = Prisma.sql`status IN ('REQUIRES_ACTION', 'AUTHORIZED')`

type Amounts = 'amount' | 'capturedAmount' | 'refundedAmount'

type PaymentRow = Omit<Payment, Amounts> & Record<Amounts, bigint>

const toPayment = (row: PaymentRow): Payment => ({
  ...row,
  amount: Number(row.amount),
  capturedAmount: Number(row.capturedAmount),
  refundedAmount: Number(row.refundedAmount),
})

/**
 * The payments that count, by booking id: what paid a booking, else the one under way, else the last that came to nothing. Of a booking
 * of a checkout, those of the checkout.
 */
export async function findPayments(
  db: Db | Tx,
  bookingIds: readonly string[],
): Promise<Map<string, Payment>> {
  const rows = await db.$queryRaw<(PaymentRow & { paidId: string })[]>`
    SELECT paid.id AS "paidId", payment.* FROM bookings paid CROSS JOIN LATERAL (
      SELECT ${COLUMNS} FROM payments WHERE booking_id = paid.id OR checkout_id = paid.checkout_id
      ORDER BY CASE WHEN status IN ('PAID', 'PARTIALLY_REFUNDED', 'DISPUTED') THEN 0 WHEN ${UNDER_WAY} THEN 1
        WHEN status = 'REFUNDED' THEN 2 ELSE 3 END, id DESC LIMIT 1) payment
    WHERE paid.id = ANY(${bookingIds}::uuid[])`
  return new Map(rows.map(({ paidId, ...row }) => [paidId, toPayment(row)]))
}

/** Whether what paid a booking is in dispute. It stays as it is for as long as the caller has locked the booking. */
export const isDisputed = async (db: Db | Tx, bookingId: string): Promise<boolean> =>
  (await findPayments(db, [bookingId])).get(bookingId)?.status === 'DISPUTED'

export async function findPayment(db: Db | Tx, id: string): Promise<Payment | null> {
  const [row] = await db.$queryRaw<PaymentRow[]>`SELECT ${COLUMNS} FROM payments WHERE id = ${id}::uuid`
  return row ? toPayment(row) : null
}

/** Our id of a payment by its provider's. */
export const findPaymentId = async (
  db: Db,
  provider: PaymentMethod,
  reference: string,
): Promise<string | null> => (await findPaymentIds(db, provider, [reference]))[0] ?? null

/** The same of many, those that there are. */
export async function findPaymentIds(
  db: Db,
  provider: PaymentMethod,
  references: readonly string[],
): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id FROM payments
    WHERE provider = ${provider} AND provider_reference = ANY(${references}::text[])`
  return rows.map((row) => row.id)
}

/** A payment that nobody else moves until the transaction ends. Whoever locks its bookings too has locked them before. */
export async function lockPayment(tx: Tx, id: string): Promise<Payment | null> {
  const [row] = await tx.$queryRaw<
    PaymentRow[]
  >`SELECT ${COLUMNS} FROM payments WHERE id = ${id}::uuid FOR UPDATE`
  return row ? toPayment(row) : null
}

/**
 * The payment of a booking, or of a checkout, that is under way at an outside provider; there is one at most. Of top-ups, of which there
 * may be several, none is meant.
 */
export async function findPaymentUnderWay(
  db: Reads,
  { bookingId, checkoutId }: Pick<Subject, 'bookingId' | 'checkoutId'>,
): Promise<Payment | null> {
  const isOf =
    checkoutId === null
      ? Prisma.sql`booking_id = ${bookingId}::uuid`
      : Prisma.sql`checkout_id = ${checkoutId}::uuid`
  const [row] = await db.$queryRaw<
    PaymentRow[]
  >`SELECT ${COLUMNS} FROM payments WHERE ${isOf} AND ${UNDER_WAY}`
  return row ? toPayment(row) : null
}

/** How many top-ups of a user's wallets are under way. */
export async function countTopUps(db: Db, userId: string): Promise<number> {
  const [row] = await db.$queryRaw<{ n: number }[]>`
    SELECT count(*)::int AS n FROM payments WHERE top_up_user_id = ${userId}::uuid AND ${UNDER_WAY}`
  return row?.n ?? 0
}

/** Whether a checkout has a payment that has paid for some of its bookings, and has not gone back as a whole. */
export async function isCheckoutPaid(tx: Tx, checkoutId: string): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ paid: boolean }[]>`SELECT EXISTS (SELECT FROM payments
    WHERE checkout_id = ${checkoutId}::uuid AND status IN ('PAID', 'PARTIALLY_REFUNDED', 'DISPUTED')) AS paid`
  return row?.paid === true
}

/** Whether a payment's own time is over, by Postgres' clock. */
export async function isOverdue(db: Db, id: string): Promise<boolean> {
  const [row] = await db.$queryRaw<{ overdue: boolean }[]>`
    SELECT coalesce(expires_at <= clock_timestamp(), false) AS overdue FROM payments WHERE id = ${id}::uuid`
  return row?.overdue === true
}

/** Ids of up to `limit` payments that are under way though their time was over `graceSeconds` ago, the oldest first. */
export async function listOverduePayments(db: Db, graceSeconds: number, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id FROM payments
    WHERE ${UNDER_WAY} AND expires_at < now() - make_interval(secs => ${graceSeconds}::int) ORDER BY id LIMIT ${limit}`
  return rows.map((row) => row.id)
}

/** A payment of a whole bill, as it is written. */
export interface NewPayment {
  bill: Bill
  provider: PaymentMethod
  state: PaymentState
}

/** Writes payments; their time of payment is now where their money is taken. */
export async function insertPayments(tx: Tx, payments: readonly NewPayment[]): Promise<void> {
  await tx.$executeRaw`INSERT INTO payments
      (id, booking_id, checkout_id, top_up_user_id, provider, status, amount, captured_amount, refunded_amount, currency, paid_at)
    SELECT paid.*, CASE WHEN paid.status = 'PAID' THEN now() END
    FROM unnest(${payments.map(() => newId())}::uuid[], ${payments.map(({ bill }) => bill.bookingId)}::uuid[],
      ${payments.map(({ bill }) => bill.checkoutId)}::uuid[], ${payments.map(({ bill }) => bill.topUpUserId)}::uuid[],
      ${payments.map(({ provider }) => provider)}::text[], ${payments.map(({ state }) => state.status)}::text[],
      ${payments.map(({ state }) => BigInt(state.amount))}::bigint[], ${payments.map(({ state }) => BigInt(state.capturedAmount))}::bigint[],
      ${payments.map(({ state }) => BigInt(state.refundedAmount))}::bigint[], ${payments.map(({ bill }) => bill.currency)}::text[])
      AS paid (id, booking_id, checkout_id, top_up_user_id, provider, status, amount, captured, refunded, currency)`
}

/**
 * Writes a payment that is to be started at an outside provider.
 * @returns null when one is under way for the same booking or checkout already, or there is one with this id.
 */
export async function insertPaymentUnderWay(
  tx: Tx,
  bill: Bill,
  provider: PaymentMethod,
  id: string = newId(),
): Promise<Payment | null> {
  const { status, amount } = newPaymentState(bill.amount)
  const [row] = await tx.$queryRaw<PaymentRow[]>`
    INSERT INTO payments (id, booking_id, checkout_id, top_up_user_id, provider, status, amount, currency, expires_at)
    VALUES (${id}::uuid, ${bill.bookingId}::uuid, ${bill.checkoutId}::uuid, ${bill.topUpUserId}::uuid, ${provider}, ${status},
      ${amount}::bigint, ${bill.currency}, ${bill.expiresAt}::timestamptz)
    ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`
  return row ? toPayment(row) : null
}

/** Notes what a provider answered to the start, unless that is known. @returns whether it was news. */
export async function updateStarted(
  tx: Tx,
  paymentId: string,
  { reference, action }: StartedPayment,
): Promise<boolean> {
  const updated = await tx.$executeRaw`UPDATE payments SET provider_reference = ${reference},
      action = ${action === null ? null : JSON.stringify(action)}::jsonb, updated_at = now()
    WHERE id = ${paymentId}::uuid AND provider_reference IS NULL`
  return updated === 1
}

/**
 * Moves a payment on from how it was read.
 * @returns whether it was still so; when another has moved it meanwhile, nothing is written.
 */
export async function movePayment(tx: Tx, from: Payment, to: PaymentState): Promise<boolean> {
  const moved = await tx.$executeRaw`UPDATE payments SET status = ${to.status},
      captured_amount = ${to.capturedAmount}::bigint, refunded_amount = ${to.refundedAmount}::bigint, updated_at = now(),
      paid_at = CASE WHEN ${to.capturedAmount}::bigint > 0 THEN coalesce(paid_at, now()) ELSE paid_at END
    WHERE id = ${from.id}::uuid AND status = ${from.status} AND refunded_amount = ${from.refundedAmount}::bigint`
  return moved === 1
}

/** Moves a payment on that the caller has locked. @throws Error when it is not as it was read: then it was not locked. */
export async function moveLocked(tx: Tx, from: Payment, to: PaymentState): Promise<void> {
  if (!(await movePayment(tx, from, to))) throw new Error(`payment ${from.id} was moved by another`)
}

/** Payments that nobody else moves until the transaction ends, locked in the order of their ids, by id. */
export async function lockPayments(tx: Tx, ids: readonly string[]): Promise<Map<string, Payment>> {
  const rows = await tx.$queryRaw<PaymentRow[]>`
    SELECT ${COLUMNS} FROM payments WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR UPDATE`
  return new Map(rows.map((row) => [row.id, toPayment(row)]))
}

/** Notes what went back of payments that the caller has locked. */
export async function updateRefunded(tx: Tx, payments: readonly Payment[]): Promise<void> {
  await tx.$executeRaw`UPDATE payments SET status = moved.status, refunded_amount = moved.refunded, updated_at = now()
    FROM unnest(${payments.map(({ id }) => id)}::uuid[], ${payments.map(({ status }) => status)}::text[],
      ${payments.map(({ refundedAmount }) => BigInt(refundedAmount))}::bigint[]) AS moved (id, status, refunded)
    WHERE payments.id = moved.id`
}

/** Takes a notification into the inbox. @returns whether it is the first of its event. */
export async function insertNotification(
  tx: Tx,
  provider: PaymentMethod,
  { eventId, paymentId }: { eventId: string; paymentId: string },
  body: Buffer,
): Promise<boolean> {
  const inserted =
    await tx.$executeRaw`INSERT INTO payment_notifications (provider, event_id, payment_id, body)
    VALUES (${provider}, ${eventId}, ${paymentId}::uuid, ${body}::bytea) ON CONFLICT DO NOTHING`
  return inserted === 1
}
