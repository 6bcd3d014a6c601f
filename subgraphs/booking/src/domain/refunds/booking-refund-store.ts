import { mapConstraintError } from '@karcis/kit/database'
import { enqueue } from '@karcis/kit/jobs'
import { z } from 'zod'
import { Prisma } from '../../generated/prisma/client.ts'
import { findBookingFees, findItems, findTicketIds } from '../bookings/booking-store.ts'
import type { Db, Tx } from '../database.ts'
import { TicketsRefunded } from '../errors.ts'
import type { BookingRefund, Issued, TicketAmount } from './refund.ts'

const refundTicketsJob = z.object({ refundId: z.uuid() })

export type RefundTicketsJob = z.infer<typeof refundTicketsJob>

/** Brings a refund of single tickets to its end. */
export const REFUND_TICKETS = { name: 'refund-tickets', schema: refundTicketsJob }

type Amounts = 'amount' | 'tax' | 'platformFees'

type RefundRow = Omit<BookingRefund, Amounts> & Record<Amounts, bigint>

const toRefund = (row: RefundRow): BookingRefund => ({
  ...row,
  amount: Number(row.amount),
  tax: Number(row.tax),
  platformFees: Number(row.platformFees),
})

const selectRefunds = (db: Db | Tx, which: Prisma.Sql): Promise<RefundRow[]> =>
  db.$queryRaw`SELECT refund.id, refund.booking_id AS "bookingId", refund.status, refund.amount,
      refund.tax, refund.platform_fees AS "platformFees",
      refund.to_wallet AS "toWallet", refund.reason, refund.created_at AS "createdAt",
      refund.status = 'MADE' AND coalesce(asked.status = 'DONE', true) AS done,
      ARRAY(SELECT ticket_id FROM refund_items JOIN booking_tickets USING (ticket_id)
        WHERE refund_id = refund.id ORDER BY position) AS "ticketIds"
    FROM booking_refunds refund LEFT JOIN refunds asked ON asked.id = refund.provider_refund_id
    WHERE ${which} ORDER BY refund.booking_id, refund.id`

export async function findRefund(db: Db | Tx, id: string): Promise<BookingRefund | null> {
  const [row] = await selectRefunds(db, Prisma.sql`refund.id = ${id}::uuid`)
  return row ? toRefund(row) : null
}

/** Refunds by id. */
export async function findRefunds(db: Db, ids: readonly string[]): Promise<Map<string, BookingRefund>> {
  const rows = await selectRefunds(db, Prisma.sql`refund.id = ANY(${ids}::uuid[])`)
  return new Map(rows.map((row) => [row.id, toRefund(row)]))
}

/** What goes back, or went back, of bookings, the oldest first, by booking id. */
export async function findRefundsOfBookings(
  db: Db,
  bookingIds: readonly string[],
): Promise<Map<string, BookingRefund[]>> {
  const rows = await selectRefunds(
    db,
    Prisma.sql`refund.booking_id = ANY(${bookingIds}::uuid[]) AND refund.status <> 'REFUSED'`,
  )
  return Map.groupBy(rows.map(toRefund), ({ bookingId }) => bookingId)
}

/** What a booking was charged, with its tickets. */
export async function findIssued(tx: Tx, bookingId: string): Promise<Issued> {
  const ticketIds = (await findTicketIds(tx, [bookingId])).get(bookingId) ?? []
  const items = (await findItems(tx, [bookingId])).get(bookingId) ?? []
  const fees = (await findBookingFees(tx, [bookingId])).get(bookingId) ?? []
  return { items, fees, ticketIds, refunded: await findRefundedTickets(tx, bookingId) }
}

/** Ids of the tickets of a booking that are refunded, or about to be. */
async function findRefundedTickets(db: Db | Tx, bookingId: string): Promise<Set<string>> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT ticket_id AS id
    FROM refund_items JOIN booking_tickets USING (ticket_id) WHERE booking_id = ${bookingId}::uuid`
  return new Set(rows.map((row) => row.id))
}

/** Ids of refunds of a booking whose tickets are being taken out of use. */
export async function listEnding(db: Db | Tx, bookingId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id FROM booking_refunds
    WHERE booking_id = ${bookingId}::uuid AND status = 'ENDING' ORDER BY id`
  return rows.map((row) => row.id)
}

/** Ids of up to `limit` refunds whose tickets were to be taken out of use `quietSeconds` ago, the longest waiting first. */
export async function listQuietEnding(db: Db, quietSeconds: number, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id FROM booking_refunds
    WHERE status = 'ENDING' AND updated_at < now() - make_interval(secs => ${quietSeconds}::int)
    ORDER BY updated_at LIMIT ${limit}`
  return rows.map((row) => row.id)
}

export type NewRefund = Pick<BookingRefund, 'id' | 'bookingId' | Amounts | 'toWallet' | 'reason'> & {
  status: 'ENDING' | 'MADE'
  tickets: readonly TicketAmount[]
}

/** What went back of a booking so far, and whose it was. */
export async function findShareMade(tx: Tx, bookingId: string): Promise<Pick<BookingRefund, Amounts>> {
  const [row] = await tx.$queryRaw<
    Record<Amounts, bigint>[]
  >`SELECT coalesce(sum(amount), 0)::bigint AS amount,
      coalesce(sum(tax), 0)::bigint AS tax, coalesce(sum(platform_fees), 0)::bigint AS "platformFees"
    FROM booking_refunds WHERE booking_id = ${bookingId}::uuid AND status = 'MADE'`
  return { amount: Number(row?.amount), tax: Number(row?.tax), platformFees: Number(row?.platformFees) }
}

/** Writes a refund with its tickets. @throws TicketsRefunded when one of these is refunded already, or about to be. */
export async function insertBookingRefund(tx: Tx, refund: NewRefund): Promise<void> {
  const { id, tickets } = refund
  await tx.$executeRaw`INSERT INTO booking_refunds (id, booking_id, status, amount, tax, platform_fees, to_wallet, reason)
    VALUES (${id}::uuid, ${refund.bookingId}::uuid, ${refund.status}, ${refund.amount}::bigint, ${refund.tax}::bigint,
      ${refund.platformFees}::bigint, ${refund.toWallet}, ${refund.reason})`
  await tx.$executeRaw`INSERT INTO refund_items (ticket_id, refund_id, amount, price)
    SELECT item.ticket_id, ${id}::uuid, item.amount, item.price
    FROM unnest(${tickets.map(({ ticketId }) => ticketId)}::uuid[], ${tickets.map(({ amount }) => BigInt(amount))}::bigint[],
      ${tickets.map(({ price }) => price && BigInt(price))}::bigint[]) AS item (ticket_id, amount, price) ORDER BY item.ticket_id`.catch(
    (error: unknown) => mapConstraintError(error, { refund_items_pkey: () => new TicketsRefunded() }),
  )
}

/** Has a refund brought to its end, once however often it is called. */
export const enqueueRefundTickets = (tx: Tx, refundId: string): Promise<void> =>
  enqueue(tx, REFUND_TICKETS, { refundId }, { key: `${REFUND_TICKETS.name}:${refundId}` })

/** ENDING → MADE. @returns whether it was this that did it. */
export async function moveRefundToMade(tx: Tx, id: string): Promise<boolean> {
  const moved = await tx.$executeRaw`UPDATE booking_refunds SET status = 'MADE', updated_at = now()
    WHERE id = ${id}::uuid AND status = 'ENDING'`
  return moved === 1
}

/** ENDING → REFUSED: its tickets may be refunded otherwise. @returns whether it was this that did it. */
export async function moveRefundToRefused(tx: Tx, id: string): Promise<boolean> {
  const moved = await tx.$executeRaw`UPDATE booking_refunds SET status = 'REFUSED', updated_at = now()
    WHERE id = ${id}::uuid AND status = 'ENDING'`
  if (moved === 1) await tx.$executeRaw`DELETE FROM refund_items WHERE refund_id = ${id}::uuid`
  return moved === 1
}

/** Notes what an outside provider is asked for. */
export async function updateProviderRefund(tx: Tx, id: string, providerRefundId: string): Promise<void> {
  await tx.$executeRaw`UPDATE booking_refunds SET provider_refund_id = ${providerRefundId}::uuid WHERE id = ${id}::uuid`
}
