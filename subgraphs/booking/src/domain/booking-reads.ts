import { Prisma } from '../generated/prisma/client.ts'
import type { Booking, BookingItem, Payment } from './booking.ts'
import type { Db, Tx } from './deps.ts'

/** The status as of this moment: one past its time has EXPIRED, whether a job has written so or not. */
export const CURRENT_STATUS = Prisma.sql`CASE WHEN status = 'PENDING' AND expires_at <= clock_timestamp()
  THEN 'EXPIRED' ELSE status END`

export const BOOKING_COLUMNS = Prisma.sql`id, user_id AS "userId", event_id AS "eventId", organizer_id AS "organizerId",
  ${CURRENT_STATUS} AS status, currency, subtotal, discount, total_price AS "totalPrice",
  refunded_amount AS "refundedAmount", refund_reason AS "refundReason", expires_at AS "expiresAt", settled, version,
  created_at AS "createdAt"`

type Amounts = 'subtotal' | 'discount' | 'totalPrice' | 'refundedAmount'

export type BookingRow = Omit<Booking, Amounts> & Record<Amounts, bigint>

/** A row as a booking; the tables' CHECKs keep amounts within what a number carries exactly. */
export const toBooking = (row: BookingRow): Booking => ({
  ...row,
  subtotal: Number(row.subtotal),
  discount: Number(row.discount),
  totalPrice: Number(row.totalPrice),
  refundedAmount: Number(row.refundedAmount),
})

/** Bookings by id, those that there are. */
export async function findBookings(db: Db | Tx, ids: readonly string[]): Promise<Map<string, Booking>> {
  const rows = await db.$queryRaw<BookingRow[]>`SELECT ${BOOKING_COLUMNS} FROM bookings
    WHERE id = ANY(${ids}::uuid[])`
  return new Map(rows.map((row) => [row.id, toBooking(row)]))
}

export const findBooking = async (db: Db | Tx, id: string): Promise<Booking | null> =>
  (await findBookings(db, [id])).get(id) ?? null

/** Items of bookings, in order, by booking id. */
export async function findItems(db: Db, bookingIds: readonly string[]): Promise<Map<string, BookingItem[]>> {
  const rows = await db.bookingItem.findMany({
    where: { bookingId: { in: [...bookingIds] } },
    orderBy: { position: 'asc' },
  })
  const items = rows.map(({ bookingId, position: _, unitPrice, kind, ...item }) => {
    return { bookingId, item: { ...item, kind: kind as BookingItem['kind'], unitPrice: Number(unitPrice) } }
  })
  return groupBy(
    items,
    (entry) => entry.bookingId,
    (entry) => entry.item,
  )
}

/** Ids of the tickets issued for bookings, in order, by booking id. */
export async function findTicketIds(db: Db, bookingIds: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await db.bookingTicket.findMany({
    where: { bookingId: { in: [...bookingIds] } },
    orderBy: { position: 'asc' },
  })
  return groupBy(
    rows,
    (row) => row.bookingId,
    (row) => row.ticketId,
  )
}

/** Payments by booking id. */
export async function findPayments(db: Db, bookingIds: readonly string[]): Promise<Map<string, Payment>> {
  const rows = await db.payment.findMany({ where: { bookingId: { in: [...bookingIds] } } })
  return new Map(
    rows.map(({ bookingId, method, status, amount, ...payment }) => [
      bookingId,
      {
        ...payment,
        method: method as Payment['method'],
        status: status as Payment['status'],
        amount: Number(amount),
      },
    ]),
  )
}

function groupBy<Row, Value>(
  rows: Row[],
  keyOf: (row: Row) => string,
  valueOf: (row: Row) => Value,
): Map<string, Value[]> {
  const groups = new Map<string, Value[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group) group.push(valueOf(row))
    else groups.set(keyOf(row), [valueOf(row)])
  }
  return groups
}
