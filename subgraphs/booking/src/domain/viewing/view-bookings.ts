import { Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Change } from '@karcis/kit/live'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import { isAway } from '@karcis/kit/outages'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { type Booking, type BookingItem, type BookingStatus, mayView, mayWatch } from '../bookings/booking.ts'
import {
  countByUser,
  findBooking,
  findUserPages,
  listEventBookings,
  type StatusFilter,
  USER_BOOKINGS,
} from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { type EventCopy, isOnDuty, mayDo } from '../events/event-copy.ts'

export type BookingConnection = Connection<Booking>

export type ListArgs = PageArgs & { status?: BookingStatus | null | undefined }

/** Which part of a user's list is asked for, as a text: equal for what one query can read for several users. */
interface UserList {
  userId: string
  status: StatusFilter
  args: PageArgs
}

/** Reads of one request, shared by all that it asks for. */
export interface BookingReads {
  /** By `listKey`. */
  userPage(key: string): Promise<Booking[] | undefined>
  /** By `listKey` of no particular page. */
  userCount(key: string): Promise<number | undefined>
}

const listKey = ({ userId, status, args: { first, after, last, before } }: UserList): string =>
  JSON.stringify([userId, status, first ?? null, after ?? null, last ?? null, before ?? null])

function readListKey(key: string): UserList {
  const [userId, status, first, after, last, before] = JSON.parse(key)
  return { userId, status, args: { first, after, last, before } }
}

/** Pages by `listKey`, those of several users in one query where the page is the same. */
export async function findPages(db: Deps['db'], keys: readonly string[]): Promise<Map<string, Booking[]>> {
  return readTogether(keys, (userIds, { status, args }) =>
    findUserPages(db, userIds, status, USER_BOOKINGS.parse(args)),
  )
}

/** Sizes of lists by `listKey`. */
export const findCounts = (db: Deps['db'], keys: readonly string[]): Promise<Map<string, number>> =>
  readTogether(keys, (userIds, { status }) => countByUser(db, userIds, status))

async function readTogether<Value>(
  keys: readonly string[],
  read: (userIds: string[], list: UserList) => Promise<Map<string, Value>>,
): Promise<Map<string, Value>> {
  const lists = Map.groupBy(keys.map(readListKey), (list) => listKey({ ...list, userId: '' }))
  const found = new Map<string, Value>()
  for (const [list, ...others] of lists.values()) {
    if (!list) continue
    const values = await read(
      [list, ...others].map(({ userId }) => userId),
      list,
    )
    for (const [userId, value] of values) found.set(listKey({ ...list, userId }), value)
  }
  return found
}

/** One booking, null when there is none. @throws Forbidden when the viewer may not see it; BadUserInput. */
export async function viewBooking(
  loaders: BookingLoaders,
  viewer: Viewer,
  rawId: string,
): Promise<Booking | null> {
  const booking = await loaders.booking.load(parseInput(idSchema, rawId, 'id'))
  if (booking && !(await mayRead(loaders, viewer, booking))) throw new Forbidden('This is not your booking.')
  return booking
}

/** By which a booking, and the event that it is of, is read. */
export interface BookingLoaders {
  booking: { load(id: string): Promise<Booking | null> }
  event: { load(id: string): Promise<EventCopy | null> }
}

/** Whether somebody may read a booking: its buyer, who organizes its event, the staff of its sale, and admins. */
export async function mayRead(
  { event }: Pick<BookingLoaders, 'event'>,
  viewer: Viewer | null,
  booking: Booking,
): Promise<boolean> {
  if (mayView(viewer, booking)) return true
  if (viewer === null) return false
  const copy = await event.load(booking.eventId)
  return copy !== null && isOnDuty(viewer, copy, 'SELL')
}

/**
 * A user's bookings, newest first; where a status is asked for, only those in it as of now.
 * @throws Forbidden unless the viewer is that user or an admin; BadUserInput.
 */
export async function viewBookings(
  reads: BookingReads,
  viewer: Viewer,
  rawUserId: string,
  { status = null, ...args }: ListArgs,
): Promise<BookingConnection> {
  const userId = parseInput(idSchema, rawUserId, 'userId')
  if (!mayList(viewer, userId)) throw new Forbidden('These are not your bookings.')
  const page = USER_BOOKINGS.parse(args)
  const rows = (await reads.userPage(listKey({ userId, status, args }))) ?? []
  const count = async () => (await reads.userCount(listKey({ userId, status, args: {} }))) ?? 0
  return USER_BOOKINGS.connect(rows, page, count)
}

/**
 * An event's bookings, newest first; where a status is asked for, only those in it as of now.
 * @throws Forbidden unless the viewer organizes it, sells for it or is an admin; BadUserInput.
 */
export async function viewEventBookings(
  deps: Deps,
  viewer: Viewer,
  rawEventId: string,
  { status = null, ...args }: ListArgs,
): Promise<BookingConnection> {
  const eventId = parseInput(idSchema, rawEventId, 'eventId')
  if (!(await mayDo(deps, viewer, eventId, 'SELL'))) {
    throw new Forbidden('Only its organizer and the staff of its sale see the bookings of an event.')
  }
  const list = await listEventBookings(deps.db, eventId, status, args)
  return { ...list, totalCount: () => deps.keptCounts(`${eventId} ${status}`, list.totalCount) }
}

/** An item of a booking, and whether that keeps its places or has become tickets: then what it is of cannot have been deleted. */
export interface ShownItem extends BookingItem {
  live: boolean
}

/** @param items of the booking. */
export const showItems = ({ status }: Booking, items: readonly BookingItem[]): ShownItem[] => {
  const live = status === 'PENDING' || status === 'PAID' || status === 'PARTIALLY_REFUNDED'
  return items.map((item) => ({ ...item, live }))
}

/**
 * Whether things of the ticket subgraph, each named as `TicketType:<id>` or `Seat:<id>`, are still there for the viewer. While
 * nobody can tell, they are: what they are is then not to be had either.
 */
export async function viewReferences(
  { tickets, log }: Deps,
  viewer: Viewer | null,
  names: readonly string[],
): Promise<Map<string, boolean>> {
  const references = names.map((name) => {
    const [type, id = ''] = name.split(':')
    return { __typename: type === 'Seat' ? ('Seat' as const) : ('TicketType' as const), id }
  })
  try {
    const visible = await tickets.visible(viewer, references)
    return new Map(names.map((name) => [name, visible.has(name)]))
  } catch (error) {
    if (!isAway(error, log)) throw error
    return new Map(names.map((name) => [name, true]))
  }
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
  if (!mayWatch(viewer, booking)) throw new Forbidden('This is not your booking.')
  return live.watch(id, 0)
}
