import { newId } from '@karcis/kit/ids'
import type { Booking, BookingItem } from './booking.ts'
import { BOOKING_COLUMNS, type BookingRow, toBooking } from './booking-reads.ts'
import type { Tx } from './deps.ts'

export interface NewBooking {
  id: string
  userId: string
  eventId: string
  organizerId: string
  holdId: string
  currency: string
  items: BookingItem[]
  subtotal: number
  holdExpiresAt: Date
}

/**
 * Writes a PENDING booking. It can be paid until `marginSeconds` before its hold ends, or until a quarter of what is
 * left of the hold where that is less: by Postgres' clock, like everything that decides about time here.
 * @returns null when this id, or this hold, is booked already.
 */
export async function insertBooking(
  tx: Tx,
  booking: NewBooking,
  marginSeconds: number,
): Promise<Booking | null> {
  const { id, items, holdExpiresAt, subtotal } = booking
  const rows = await tx.$queryRaw<BookingRow[]>`
    INSERT INTO bookings (id, user_id, event_id, organizer_id, hold_id, currency, subtotal, total_price, expires_at)
    VALUES (${id}::uuid, ${booking.userId}::uuid, ${booking.eventId}::uuid, ${booking.organizerId}::uuid,
      ${booking.holdId}::uuid, ${booking.currency}, ${subtotal}::bigint, ${subtotal}::bigint,
      ${holdExpiresAt}::timestamptz
        - least(make_interval(secs => ${marginSeconds}::int), (${holdExpiresAt}::timestamptz - clock_timestamp()) / 4))
    ON CONFLICT DO NOTHING RETURNING ${BOOKING_COLUMNS}`
  const created = first(rows)
  if (created) {
    await tx.bookingItem.createMany({
      data: items.map((item, position) => ({ bookingId: id, position, ...item })),
    })
  }
  return created
}

// Each move below is one conditional UPDATE: it waits for whoever moves the same booking, then looks at the row as
// that one left it. Of payment, expiry and cancelling at the same moment, one finds a PENDING row; null says: not you.

/** PENDING and in time → PAID. */
export async function moveToPaid(tx: Tx, id: string): Promise<Booking | null> {
  return first(
    await tx.$queryRaw<BookingRow[]>`
    UPDATE bookings SET status = 'PAID', settled = false, version = version + 1, updated_at = now()
    WHERE id = ${id}::uuid AND status = 'PENDING' AND expires_at > clock_timestamp() RETURNING ${BOOKING_COLUMNS}`,
  )
}

/** PENDING and in time → CANCELLED. */
export async function moveToCancelled(tx: Tx, id: string): Promise<Booking | null> {
  return first(
    await tx.$queryRaw<BookingRow[]>`
    UPDATE bookings SET status = 'CANCELLED', settled = false, version = version + 1, updated_at = now()
    WHERE id = ${id}::uuid AND status = 'PENDING' AND expires_at > clock_timestamp() RETURNING ${BOOKING_COLUMNS}`,
  )
}

/** PENDING and past its time → EXPIRED. */
export async function moveToExpired(tx: Tx, id: string): Promise<Booking | null> {
  return first(
    await tx.$queryRaw<BookingRow[]>`
    UPDATE bookings SET status = 'EXPIRED', settled = false, version = version + 1, updated_at = now()
    WHERE id = ${id}::uuid AND status = 'PENDING' AND expires_at <= clock_timestamp() RETURNING ${BOOKING_COLUMNS}`,
  )
}

/** PAID → REFUNDED in full. @param withTickets whether its tickets must have been issued, or must not. */
export async function moveToRefunded(
  tx: Tx,
  id: string,
  reason: string,
  withTickets: boolean,
): Promise<Booking | null> {
  return first(
    await tx.$queryRaw<BookingRow[]>`
    UPDATE bookings SET status = 'REFUNDED', refunded_amount = total_price, refund_reason = ${reason}, settled = false,
      version = version + 1, updated_at = now()
    WHERE id = ${id}::uuid AND status = 'PAID' AND settled = ${withTickets} RETURNING ${BOOKING_COLUMNS}`,
  )
}

/** PAID without tickets → PAID with them. */
export async function recordTickets(tx: Tx, id: string, ticketIds: string[]): Promise<Booking | null> {
  const booking = first(
    await tx.$queryRaw<BookingRow[]>`
    UPDATE bookings SET settled = true, version = version + 1, updated_at = now()
    WHERE id = ${id}::uuid AND status = 'PAID' AND NOT settled RETURNING ${BOOKING_COLUMNS}`,
  )
  if (booking) {
    const data = ticketIds.map((ticketId, position) => ({ bookingId: id, ticketId, position }))
    await tx.bookingTicket.createMany({ data })
  }
  return booking
}

/** Notes that the ticket subgraph has done what this status asks of it. */
export async function markSettled(tx: Tx, booking: Booking): Promise<void> {
  await tx.$executeRaw`UPDATE bookings SET settled = true, updated_at = now()
    WHERE id = ${booking.id}::uuid AND status = ${booking.status}`
}

/** Notes how a booking was paid. */
export async function insertPayment(tx: Tx, booking: Booking, method: 'WALLET'): Promise<void> {
  await tx.$executeRaw`INSERT INTO payments (id, booking_id, method, status, amount, currency, paid_at)
    VALUES (${newId()}::uuid, ${booking.id}::uuid, ${method}, 'PAID', ${booking.totalPrice}::bigint, ${booking.currency}, now())`
}

/** Notes that a booking's payment went back. */
export async function markPaymentRefunded(tx: Tx, bookingId: string): Promise<void> {
  await tx.$executeRaw`UPDATE payments SET status = 'REFUNDED' WHERE booking_id = ${bookingId}::uuid`
}

const first = (rows: BookingRow[]): Booking | null => (rows[0] ? toBooking(rows[0]) : null)
