import { newId } from '@karcis/kit/ids'
import { enqueue } from '@karcis/kit/jobs'
import type { Db, Tx } from '../database.ts'
import { REFUND_PAYMENT } from '../payments/payment-jobs.ts'

/** Money that an outside provider has to give back, in the smallest unit of its payment's currency. */
export interface PendingRefund {
  /** Also the key by which the provider knows it. */
  id: string
  paymentId: string
  amount: number
}

/** Writes down that a provider has to give money back, and has that done. @returns its id. */
export async function insertRefund(tx: Tx, paymentId: string, amount: number): Promise<string> {
  const id = newId()
  await tx.$executeRaw`INSERT INTO refunds (id, payment_id, amount)
    VALUES (${id}::uuid, ${paymentId}::uuid, ${amount}::bigint)`
  await enqueueRefund(tx, id)
  return id
}

/** Has a refund made, once however often it is called. */
export const enqueueRefund = (tx: Tx, refundId: string): Promise<void> =>
  enqueue(tx, REFUND_PAYMENT, { refundId }, { key: `${REFUND_PAYMENT.name}:${refundId}` })

/** A refund that is not made yet; null for any other. */
export async function findPendingRefund(db: Db, id: string): Promise<PendingRefund | null> {
  const [row] = await db.$queryRaw<(Omit<PendingRefund, 'amount'> & { amount: bigint })[]>`
    SELECT id, payment_id AS "paymentId", amount FROM refunds WHERE id = ${id}::uuid AND status = 'PENDING'`
  return row ? { ...row, amount: Number(row.amount) } : null
}

/** Ids of up to `limit` refunds that a provider is to make, and that nobody has tried to make for `quietSeconds`. */
export async function listQuietRefunds(db: Db, quietSeconds: number, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id FROM refunds
    WHERE status = 'PENDING' AND NOT by_hand AND updated_at < now() - make_interval(secs => ${quietSeconds}::int)
    ORDER BY updated_at LIMIT ${limit}`
  return rows.map((row) => row.id)
}

/** PENDING → DONE. @returns whether it was this that did it. */
export async function moveRefundToDone(tx: Tx, id: string): Promise<boolean> {
  const moved = await tx.$executeRaw`UPDATE refunds
    SET status = 'DONE', attempts = attempts + 1, last_error = NULL, updated_at = now()
    WHERE id = ${id}::uuid AND status = 'PENDING'`
  return moved === 1
}

/** Notes that a person has to give it back, and why. */
export async function updateByHand(tx: Tx, id: string, reason: string): Promise<void> {
  await tx.$executeRaw`UPDATE refunds SET by_hand = true, last_error = ${reason}, updated_at = now()
    WHERE id = ${id}::uuid AND status = 'PENDING'`
}

/** Notes why an attempt came to nothing. */
export async function updateRefundFailed(tx: Tx, id: string, reason: string): Promise<void> {
  await tx.$executeRaw`UPDATE refunds SET attempts = attempts + 1, last_error = ${reason}, updated_at = now()
    WHERE id = ${id}::uuid AND status = 'PENDING'`
}

/** How many refunds have been due for a day and more, and which day it is. */
export async function countHanging(tx: Tx): Promise<{ day: string; count: number }> {
  const [row] = await tx.$queryRaw<
    [{ day: string; count: number }]
  >`SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
    (SELECT count(*)::int FROM refunds WHERE status = 'PENDING' AND created_at < now() - interval '1 day') AS count`
  return row
}
