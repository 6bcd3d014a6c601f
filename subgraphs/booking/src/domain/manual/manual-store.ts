import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { type AccountRef, clearingOf } from '../ledger/postings.ts'
import type { Payment } from '../payments/payment-store.ts'

/** What buyers are told to do. @returns undefined where nothing was said; null where it is switched off. */
export async function findInstructions(db: Db | Tx, scopeId: string): Promise<string | null | undefined> {
  const [row] = await db.$queryRaw<{ instructions: string | null }[]>`
    SELECT instructions FROM manual_terms WHERE scope_id = ${scopeId}::uuid`
  return row?.instructions
}

/** What buyers of an event are told to do: what was said of it, else of all its organizer's; null where it is not offered. */
export async function findInstructionsFor(
  db: Db | Tx,
  { eventId, organizerId }: { eventId: string; organizerId: string },
): Promise<string | null> {
  const ofEvent = await findInstructions(db, eventId)
  return (ofEvent === undefined ? await findInstructions(db, organizerId) : ofEvent) ?? null
}

export async function upsertInstructions(
  tx: Tx,
  scopeId: string,
  instructions: string | null,
): Promise<void> {
  await tx.$executeRaw`INSERT INTO manual_terms (scope_id, instructions) VALUES (${scopeId}::uuid, ${instructions})
    ON CONFLICT (scope_id) DO UPDATE SET instructions = excluded.instructions, updated_at = now()`
}

/** Forgets what an organizer who is erased has told buyers, also those who were told it with their payment. */
export async function deleteInstructionsOf(tx: Tx, organizerId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM manual_terms WHERE scope_id = ${organizerId}::uuid
    OR scope_id IN (SELECT event_id FROM event_copies WHERE organizer_id = ${organizerId}::uuid)`
  await tx.$executeRaw`UPDATE payments SET action = NULL FROM bookings JOIN event_copies USING (event_id)
    WHERE payments.booking_id = bookings.id AND payments.provider = 'MANUAL' AND payments.action IS NOT NULL
      AND event_copies.organizer_id = ${organizerId}::uuid`
}

/** Money that a person has to give back, in the smallest unit of `currency`. */
export interface ManualRefund {
  id: string
  amount: number
  currency: string
  method: Payment['provider']
  /** Null where it is for more than one booking, or for none. */
  bookingId: string | null
  /** Why nobody else gives it back. */
  reason: string | null
  createdAt: Date
}

export type ManualRefundConnection = Connection<ManualRefund>

type RefundRow = Omit<ManualRefund, 'amount'> & { amount: bigint }

const COLUMNS = Prisma.sql`refund.id, refund.amount, payment.currency, payment.provider AS method, payment.booking_id AS "bookingId",
  refund.last_error AS reason, refund.created_at AS "createdAt"`
const WAITING = Prisma.sql`refunds refund JOIN payments payment ON payment.id = refund.payment_id
  LEFT JOIN bookings booking ON booking.id = payment.booking_id
  WHERE refund.status = 'PENDING' AND refund.by_hand`

const toRefund = (row: RefundRow): ManualRefund => ({ ...row, amount: Number(row.amount) })

/** A refund that waits for a person; null for any other. */
export async function findManualRefund(
  db: Db,
  id: string,
): Promise<(ManualRefund & { paymentId: string; eventId: string | null }) | null> {
  const [row] = await db.$queryRaw<(RefundRow & { paymentId: string; eventId: string | null })[]>`
    SELECT ${COLUMNS}, payment.id AS "paymentId", booking.event_id AS "eventId" FROM ${WAITING} AND refund.id = ${id}::uuid`
  return row ? { ...row, amount: Number(row.amount) } : null
}

const manualRefunds = newestFirst<ManualRefund>('manual-refunds', Prisma.sql`refund.id`)

/** Those that wait for a person: of an event's bookings what its organizer gives back; of no event, all. @throws BadUserInput */
export function listManualRefunds(
  db: Db,
  eventId: string | null,
  args: PageArgs,
): Promise<ManualRefundConnection> {
  const wanted =
    eventId === null
      ? Prisma.sql`TRUE`
      : Prisma.sql`booking.event_id = ${eventId}::uuid AND payment.provider = 'MANUAL'`
  return manualRefunds.read(args, {
    async rows({ where, tail }) {
      const rows = await db.$queryRaw<
        RefundRow[]
      >`SELECT ${COLUMNS} FROM ${WAITING} AND ${wanted} AND ${where} ${tail}`
      return rows.map(toRefund)
    },
    async count() {
      const [total] = await db.$queryRaw<
        { n: number }[]
      >`SELECT count(*)::int AS n FROM ${WAITING} AND ${wanted}`
      return total?.n ?? 0
    },
  })
}

/** The account that a manual payment went to: whoever organized the event then has the money, also where it was handed over since. */
export async function findManualClearing(tx: Tx, { id, bookingId }: Payment): Promise<AccountRef> {
  const references = [`payment:${bookingId}`, `stray:${id}`]
  const [row] = await tx.$queryRaw<
    { ownerId: string }[]
  >`SELECT account.owner_id AS "ownerId" FROM ledger_transactions change
    JOIN ledger_entries entry ON entry.transaction_id = change.id JOIN ledger_accounts account ON account.id = entry.account_id
    WHERE change.reference = ANY(${references}) AND account.kind = 'CLEARING:MANUAL' LIMIT 1`
  if (!row) throw new Error(`payment ${id} was never posted`)
  return clearingOf('MANUAL', row.ownerId)
}
