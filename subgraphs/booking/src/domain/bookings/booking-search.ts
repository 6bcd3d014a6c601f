import { type Connection, keysetList, type PageArgs } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db } from '../database.ts'
import type { Booking } from './booking.ts'
import { bookingsWhere, hasStatus, type StatusFilter } from './booking-store.ts'

/** Which bookings are wanted; what is null does not matter. */
export interface BookingFilter {
  status: StatusFilter
  eventId: string | null
  userId: string | null
  currency: string | null
  /** Made at this moment or later. */
  from: Date | null
  /** Made before this moment. */
  to: Date | null
}

/** Ids are of the moment at which a booking was begun, so they are its order and need no other index. */
const BY_ID = [{ column: Prisma.sql`id`, type: 'uuid' as const, of: ({ id }: Booking) => id }]

export const BOOKING_ORDERS = {
  CREATED_AT_DESC: keysetList<Booking>('all-bookings newest first', BY_ID, 'descending'),
  CREATED_AT_ASC: keysetList<Booking>('all-bookings oldest first', BY_ID, 'ascending'),
}

export type BookingOrder = keyof typeof BOOKING_ORDERS

/** A booking is written a day after it was begun, at most: for so long its idempotency key is good. */
const BEGUN_HOURS_BEFORE = 25
/** By so much the clock of whoever began it may be ahead of the database's. */
const CLOCKS_APART_MINUTES = 5

/** Bookings of everybody. @throws BadUserInput for a wrong page. */
export function listBookings(
  db: Db,
  filter: BookingFilter,
  order: BookingOrder,
  args: PageArgs,
): Promise<Connection<Booking>> {
  return BOOKING_ORDERS[order].read(args, bookingsWhere(db, conditionOf(filter)))
}

function conditionOf({ status, eventId, userId, currency, from, to }: BookingFilter): Prisma.Sql {
  const conditions = [hasStatus(status)]
  if (eventId !== null) conditions.push(Prisma.sql`event_id = ${eventId}::uuid`)
  if (userId !== null) conditions.push(Prisma.sql`user_id = ${userId}::uuid`)
  if (currency !== null) conditions.push(Prisma.sql`currency = ${currency}`)
  if (from !== null) {
    const begun = firstIdOf(from.getTime() - BEGUN_HOURS_BEFORE * 3_600_000)
    conditions.push(Prisma.sql`created_at >= ${from}::timestamptz AND id >= ${begun}::uuid`)
  }
  if (to !== null) {
    const begun = firstIdOf(to.getTime() + CLOCKS_APART_MINUTES * 60_000)
    conditions.push(Prisma.sql`created_at < ${to}::timestamptz AND id < ${begun}::uuid`)
  }
  return Prisma.join(conditions, ' AND ')
}

/** Below every UUIDv7 of this moment: their first 48 bits are the milliseconds since the epoch. */
function firstIdOf(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`
}
