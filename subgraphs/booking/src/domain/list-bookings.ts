import { Forbidden } from '@karcis/kit/errors'
import { type Connection, type PageArgs, toConnection } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { Prisma } from '../generated/prisma/client.ts'
import type { Booking, BookingStatus } from './booking.ts'
import { BOOKING_COLUMNS, type BookingRow, CURRENT_STATUS, toBooking } from './booking-reads.ts'
import type { Deps } from './deps.ts'
import { newestFirst } from './keyset.ts'

export type BookingConnection = Connection<Booking>

export type ListArgs = PageArgs & { status?: BookingStatus | null | undefined }

/**
 * A user's bookings, newest first, if need be only those in one status as of now.
 * @throws Forbidden unless the viewer is that user or an admin; BadUserInput.
 */
export async function listBookings(
  { db }: Deps,
  viewer: Viewer,
  rawUserId: string,
  args: ListArgs,
): Promise<BookingConnection> {
  const userId = parseInput(idSchema, rawUserId, 'userId')
  if (viewer.id !== userId && viewer.role !== 'ADMIN') throw new Forbidden('These are not your bookings.')
  const { page, where, order } = newestFirst(args)
  const wanted = args.status
    ? Prisma.sql`user_id = ${userId}::uuid AND ${CURRENT_STATUS} = ${args.status}`
    : Prisma.sql`user_id = ${userId}::uuid`
  const rows = await db.$queryRaw<BookingRow[]>`
    SELECT ${BOOKING_COLUMNS} FROM bookings WHERE ${wanted} AND ${where} ${order}`
  return toConnection(
    rows.map(toBooking),
    page,
    (booking) => [booking.id],
    async () => {
      const [count] = await db.$queryRaw<
        { n: number }[]
      >`SELECT count(*)::int AS n FROM bookings WHERE ${wanted}`
      return count?.n ?? 0
    },
  )
}
