import { Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Change } from '@karcis/kit/live'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { type Booking, type BookingStatus, mayManage, mayView } from '../bookings/booking.ts'
import { findBooking, listBookings } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'

export type BookingConnection = Connection<Booking>

export type ListArgs = PageArgs & { status?: BookingStatus | null | undefined }

/** One booking, null when there is none. @throws Forbidden when the viewer may not see it; BadUserInput. */
export async function viewBooking({ db }: Deps, viewer: Viewer, rawId: string): Promise<Booking | null> {
  const booking = await findBooking(db, parseInput(idSchema, rawId, 'id'))
  if (booking && !mayView(viewer, booking)) throw new Forbidden('This is not your booking.')
  return booking
}

/**
 * A user's bookings, newest first; where a status is asked for, only those in it as of now.
 * @throws Forbidden unless the viewer is that user or an admin; BadUserInput.
 */
export async function viewBookings(
  { db }: Deps,
  viewer: Viewer,
  rawUserId: string,
  args: ListArgs,
): Promise<BookingConnection> {
  const userId = parseInput(idSchema, rawUserId, 'userId')
  if (!mayList(viewer, userId)) throw new Forbidden('These are not your bookings.')
  return listBookings(db, { userId, status: args.status ?? null }, args)
}

/** Whether the viewer may see all bookings of a user: that user, and admins. */
export const mayList = (viewer: Viewer | null, userId: string): viewer is Viewer =>
  viewer !== null && (viewer.id === userId || viewer.role === 'ADMIN')

/** The booking's changes from now on, beginning with how it is. @throws NotFound, Forbidden, BadUserInput. */
export async function watchBooking(
  { db, live }: Deps,
  viewer: Viewer,
  rawId: string,
): Promise<AsyncIterableIterator<Change>> {
  const id = parseInput(idSchema, rawId, 'id')
  const booking = await findBooking(db, id)
  if (!booking) throw new NotFound('booking', id)
  if (!mayManage(viewer, booking)) throw new Forbidden('This is not your booking.')
  return live.watch(id, 0)
}
