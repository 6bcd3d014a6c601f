import { enqueue } from '@karcis/kit/jobs'
import { z } from 'zod'
import type { Db, Tx } from '../database.ts'

const refundEventJob = z.object({ eventId: z.uuid() })

export type RefundEventJob = z.infer<typeof refundEventJob>

/** Refunds some more bookings of an event that was called off. */
export const REFUND_EVENT = { name: 'refund-event', schema: refundEventJob }

/** How far the refunds of an event have got. */
export interface EventRefund {
  eventId: string
  reason: string
  status: 'RUNNING' | 'DONE'
  /** The last booking that this pass has come to; null at the beginning of one. */
  lastId: string | null
  /** Whether it was called off so long ago that whatever was being paid then has come to its end. */
  settled: boolean
}

/** So long after an event was called off no payment is under way any more that looked at it before. */
const SETTLED = '1 minute'

export async function findEventRefund(db: Db, eventId: string): Promise<EventRefund | null> {
  const [row] = await db.$queryRaw<
    EventRefund[]
  >`SELECT event_id AS "eventId", reason, status, last_id AS "lastId",
      created_at < now() - ${SETTLED}::interval AS settled
    FROM event_refunds WHERE event_id = ${eventId}::uuid`
  return row ?? null
}

/** Notes that all bookings of an event are to be refunded, and has that begun; once, however often it is told. */
export async function insertEventRefund(tx: Tx, eventId: string, reason: string): Promise<void> {
  const fresh = await tx.$executeRaw`INSERT INTO event_refunds (event_id, reason)
    VALUES (${eventId}::uuid, ${reason}) ON CONFLICT DO NOTHING`
  if (fresh === 1) await enqueueEventRefund(tx, eventId)
}

/** Has the refunds of an event gone on with, once however often it is called. */
export const enqueueEventRefund = (tx: Tx, eventId: string, afterSeconds = 0): Promise<void> =>
  enqueue(tx, REFUND_EVENT, { eventId }, { afterSeconds, key: `${REFUND_EVENT.name}:${eventId}` })

/** Notes how far a pass has come. @param lastId null: another pass begins. */
export async function updateEventRefund(
  tx: Tx,
  eventId: string,
  lastId: string | null,
  refunded: number,
): Promise<void> {
  await tx.$executeRaw`UPDATE event_refunds SET last_id = ${lastId}::uuid, refunded = refunded + ${refunded}::int, updated_at = now()
    WHERE event_id = ${eventId}::uuid AND status = 'RUNNING'`
}

/** RUNNING → DONE. */
export async function moveEventRefundToDone(tx: Tx, eventId: string): Promise<void> {
  await tx.$executeRaw`UPDATE event_refunds SET status = 'DONE', updated_at = now() WHERE event_id = ${eventId}::uuid`
}

/** Events whose refunds nobody has gone on with for `quietSeconds`. */
export async function listQuietEventRefunds(db: Db, quietSeconds: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT event_id AS id FROM event_refunds
    WHERE status = 'RUNNING' AND updated_at < now() - make_interval(secs => ${quietSeconds}::int) ORDER BY updated_at`
  return rows.map((row) => row.id)
}

/** Ids of up to `limit` paid bookings of an event after one of them, in the order of their ids. */
export async function listPaid(
  db: Db,
  eventId: string,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id FROM bookings
    WHERE event_id = ${eventId}::uuid AND id > coalesce(${after}::uuid, '00000000-0000-0000-0000-000000000000')
      AND status IN ('PAID', 'PARTIALLY_REFUNDED') ORDER BY id LIMIT ${limit}`
  return rows.map((row) => row.id)
}
