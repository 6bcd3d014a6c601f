import {
  type Connection,
  type KeysetPage,
  newestFirst,
  type PageArgs,
  type PageQuery,
} from '@karcis/kit/pagination'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { BookingFee } from '../fees/fee.ts'
import { feesVersion } from '../fees/fee-store.ts'
import type { Booking, BookingItem, BookingStatus, TicketPlace } from './booking.ts'

/**
 * Until when a booking can be paid: its own time, and never past what is known of its event's end. One of a checkout for as long as all
 * of that can be paid.
 */
const PAYABLE_UNTIL = Prisma.sql`least(bookings.expires_at,
  (SELECT payable_until FROM event_copies WHERE event_copies.event_id = bookings.event_id),
  CASE WHEN bookings.checkout_id IS NOT NULL THEN (SELECT min(least(other.expires_at, event.payable_until))
    FROM bookings other LEFT JOIN event_copies event ON event.event_id = other.event_id
    WHERE other.checkout_id = bookings.checkout_id) END)`

/** Whose event it is: another's than when it was booked, if the event was handed over. */
const ORGANIZER = Prisma.sql`coalesce(
  (SELECT organizer_id FROM event_copies WHERE event_copies.event_id = bookings.event_id), organizer_id)`

const IN_TIME = Prisma.sql`status = 'PENDING' AND ${PAYABLE_UNTIL} > clock_timestamp()`
const OVERDUE = Prisma.sql`status = 'PENDING' AND ${PAYABLE_UNTIL} <= clock_timestamp()`

/** The status as of this moment: one past its time has EXPIRED, whether or not a job has written it down. */
const CURRENT_STATUS = Prisma.sql`CASE WHEN ${OVERDUE} THEN 'EXPIRED' ELSE status END`

const COLUMNS = Prisma.sql`id, user_id AS "userId", event_id AS "eventId", ${ORGANIZER} AS "organizerId", checkout_id AS "checkoutId",
  ${CURRENT_STATUS} AS status, currency, subtotal, discount, surcharge, platform_fees AS "platformFees", tax,
  total_price AS "totalPrice", refunded_amount AS "refundedAmount", refund_reason AS "refundReason", ${PAYABLE_UNTIL} AS "expiresAt", fulfilled, version,
  created_at AS "createdAt"`

type Amounts =
  | 'subtotal'
  | 'discount'
  | 'surcharge'
  | 'platformFees'
  | 'tax'
  | 'totalPrice'
  | 'refundedAmount'

type BookingRow = Omit<Booking, Amounts> & Record<Amounts, bigint>

/** A row as a booking; the tables' CHECKs keep amounts within what a number carries exactly. */
const toBooking = (row: BookingRow): Booking => ({
  ...row,
  subtotal: Number(row.subtotal),
  discount: Number(row.discount),
  surcharge: Number(row.surcharge),
  platformFees: Number(row.platformFees),
  tax: Number(row.tax),
  totalPrice: Number(row.totalPrice),
  refundedAmount: Number(row.refundedAmount),
})

/** Bookings by id, those that there are. */
export async function findBookings(db: Reads, ids: readonly string[]): Promise<Map<string, Booking>> {
  const rows = await db.$queryRaw<BookingRow[]>`
    SELECT ${COLUMNS} FROM bookings WHERE id = ANY(${ids}::uuid[])`
  return new Map(rows.map((row) => [row.id, toBooking(row)]))
}

export const findBooking = async (db: Reads, id: string): Promise<Booking | null> =>
  (await findBookings(db, [id])).get(id) ?? null

/** What a hold was booked as, if it was. */
export async function findBookingByHold(db: Reads, holdId: string): Promise<Booking | null> {
  const [row] = await db.$queryRaw<
    BookingRow[]
  >`SELECT ${COLUMNS} FROM bookings WHERE hold_id = ${holdId}::uuid`
  return row ? toBooking(row) : null
}

/** What is paid at once: a booking alone, or all of a checkout; neither where a wallet is topped up. */
interface Paid {
  bookingId: string | null
  checkoutId: string | null
}

const isPaidWith = ({ bookingId, checkoutId }: Paid): Prisma.Sql =>
  checkoutId === null ? Prisma.sql`id = ${bookingId}::uuid` : Prisma.sql`checkout_id = ${checkoutId}::uuid`

/** The bookings that are paid at once, in the order of their ids. */
export async function listBookingsOf(db: Reads, paid: Paid): Promise<Booking[]> {
  const rows = await db.$queryRaw<BookingRow[]>`
    SELECT ${COLUMNS} FROM bookings WHERE ${isPaidWith(paid)} ORDER BY id`
  return rows.map(toBooking)
}

/** The same bookings, which nobody else moves until the transaction ends. All who lock several do it in this order. */
export async function lockBookings(tx: Tx, paid: Paid): Promise<Booking[]> {
  const rows = await tx.$queryRaw<BookingRow[]>`
    SELECT ${COLUMNS} FROM bookings WHERE ${isPaidWith(paid)} ORDER BY id FOR UPDATE`
  return rows.map(toBooking)
}

/** One booking, paid with others or not, that nobody else moves until the transaction ends. */
export async function lockBooking(tx: Tx, id: string): Promise<Booking | null> {
  const [row] = await tx.$queryRaw<
    BookingRow[]
  >`SELECT ${COLUMNS} FROM bookings WHERE id = ${id}::uuid FOR UPDATE`
  return row ? toBooking(row) : null
}

/** A booking with all others of its checkout, in the order of their ids. */
export const listPaidWith = async (db: Reads, booking: Booking): Promise<Booking[]> =>
  booking.checkoutId === null
    ? [booking]
    : listBookingsOf(db, { bookingId: null, checkoutId: booking.checkoutId })

/** Items of bookings, in order, by booking id. */
export async function findItems(
  db: Db | Tx,
  bookingIds: readonly string[],
): Promise<Map<string, BookingItem[]>> {
  const rows = await db.bookingItem.findMany({
    where: { bookingId: { in: [...bookingIds] } },
    orderBy: { position: 'asc' },
  })
  const items = Map.groupBy(rows, (row) => row.bookingId)
  return mapValues(items, ({ bookingId: _, position: __, unitPrice, discount, kind, ...item }) => ({
    ...item,
    kind: kind as BookingItem['kind'],
    unitPrice: Number(unitPrice),
    discount: Number(discount),
  }))
}

/** Fees and taxes of bookings, in order, by booking id. */
export async function findBookingFees(
  db: Db | Tx,
  bookingIds: readonly string[],
): Promise<Map<string, BookingFee[]>> {
  const rows = await db.bookingFee.findMany({
    where: { bookingId: { in: [...bookingIds] } },
    orderBy: { position: 'asc' },
  })
  const fees = Map.groupBy(rows, (row) => row.bookingId)
  return mapValues(fees, ({ bookingId: _, position: __, kind, perPlace, amount, ...fee }) => ({
    ...fee,
    kind: kind as BookingFee['kind'],
    perPlace: Number(perPlace),
    amount: Number(amount),
  }))
}

/** Ids of the tickets issued for bookings, in order, by booking id. */
export async function findTicketIds(
  db: Db | Tx,
  bookingIds: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await db.bookingTicket.findMany({
    where: { bookingId: { in: [...bookingIds] } },
    orderBy: { position: 'asc' },
  })
  const tickets = Map.groupBy(rows, (row) => row.bookingId)
  return mapValues(tickets, (row) => row.ticketId)
}

/** The places that tickets were issued for, by the tickets' ids: a booking's tickets stand in the order of its items. */
export async function findPlaces(db: Db, ticketIds: readonly string[]): Promise<Map<string, TicketPlace>> {
  const rows = await db.$queryRaw<
    { id: string; bookingId: string; unitPrice: bigint; currency: string }[]
  >`WITH wanted AS MATERIALIZED (SELECT ticket_id, booking_id, position FROM booking_tickets WHERE ticket_id = ANY(${ticketIds}::uuid[])),
    items AS (SELECT booking_id, unit_price, quantity, sum(quantity) OVER (PARTITION BY booking_id ORDER BY position) AS places
      FROM booking_items WHERE booking_id IN (SELECT booking_id FROM wanted))
    SELECT wanted.ticket_id AS id, booking.id AS "bookingId", items.unit_price AS "unitPrice", booking.currency
    FROM wanted JOIN bookings booking ON booking.id = wanted.booking_id
      JOIN items ON items.booking_id = booking.id AND wanted.position < items.places AND wanted.position >= items.places - items.quantity`
  return new Map(rows.map(({ id, ...place }) => [id, { ...place, unitPrice: Number(place.unitPrice) }]))
}

const mapValues = <From, To>(groups: Map<string, From[]>, map: (value: From) => To): Map<string, To[]> =>
  new Map([...groups].map(([key, values]) => [key, values.map(map)]))

/** A user's bookings, and an event's, each newest first. */
export const USER_BOOKINGS = newestFirst<Booking>('bookings')
export const EVENT_BOOKINGS = newestFirst<Booking>('event-bookings')

/** Bookings of one status as of now; null: of every status. */
export type StatusFilter = BookingStatus | null

/** Only of what is written as PENDING it takes a look at the clock, and at the event, to tell. */
export function hasStatus(status: StatusFilter): Prisma.Sql {
  if (status === null) return Prisma.sql`TRUE`
  if (status === 'PENDING') return Prisma.sql`(${IN_TIME})`
  return status === 'EXPIRED'
    ? Prisma.sql`(status = 'EXPIRED' OR ${OVERDUE})`
    : Prisma.sql`status = ${status}`
}

/** The same page of the bookings of several users, by user. */
export async function findUserPages(
  db: Db,
  userIds: readonly string[],
  status: StatusFilter,
  page: KeysetPage,
): Promise<Map<string, Booking[]>> {
  const rows = await db.$queryRaw<
    BookingRow[]
  >`SELECT booking.* FROM unnest(${userIds}::uuid[]) AS person (id)
    CROSS JOIN LATERAL (SELECT ${COLUMNS} FROM bookings
      WHERE user_id = person.id AND ${hasStatus(status)} AND ${page.where} ${page.tail}) AS booking
    ORDER BY booking.id ${page.backward ? Prisma.sql`ASC` : Prisma.sql`DESC`}`
  return Map.groupBy(rows.map(toBooking), ({ userId }) => userId)
}

/** How many bookings each of several users has: counted for each of them, in the index alone where no status is asked for. */
export async function countByUser(
  db: Db,
  userIds: readonly string[],
  status: StatusFilter,
): Promise<Map<string, number>> {
  const rows = await db.$queryRaw<{ userId: string; n: number }[]>`SELECT person.id AS "userId", (
      SELECT count(*)::int FROM bookings WHERE user_id = person.id AND ${hasStatus(status)}) AS n
    FROM unnest(${userIds}::uuid[]) AS person (id)`
  return new Map(rows.map(({ userId, n }) => [userId, n]))
}

/** An event's bookings, newest first. @throws BadUserInput for a wrong page. */
export function listEventBookings(
  db: Db,
  eventId: string,
  status: StatusFilter,
  args: PageArgs,
): Promise<Connection<Booking>> {
  return EVENT_BOOKINGS.read(
    args,
    bookingsWhere(db, Prisma.sql`event_id = ${eventId}::uuid AND ${hasStatus(status)}`),
  )
}

/** What a list reads of the bookings that meet a condition. */
export const bookingsWhere = (db: Db, wanted: Prisma.Sql): PageQuery<Booking> => ({
  async rows({ where, tail }) {
    const rows = await db.$queryRaw<BookingRow[]>`
      SELECT ${COLUMNS} FROM bookings WHERE ${wanted} AND ${where} ${tail}`
    return rows.map(toBooking)
  },
  async count() {
    const [total] = await db.$queryRaw<{ n: number }[]>`
      SELECT count(*)::int AS n FROM bookings WHERE ${wanted}`
    return total?.n ?? 0
  },
})

/** How many of a user's bookings can still be paid. */
export async function countPayable(db: Db, userId: string): Promise<number> {
  const [row] = await db.$queryRaw<{ n: number }[]>`
    SELECT count(*)::int AS n FROM bookings WHERE user_id = ${userId}::uuid AND ${IN_TIME}`
  return row?.n ?? 0
}

/** Of these people those who have paid for something, and not had all of it back, of an event that somebody organizes now. By the index of each one's bookings. */
export async function findBuyersOf(
  db: Db,
  organizerId: string,
  userIds: readonly string[],
): Promise<string[]> {
  const rows = await db.$queryRaw<
    { id: string }[]
  >`SELECT person.id FROM unnest(${userIds}::uuid[]) AS person (id)
    WHERE EXISTS (SELECT FROM bookings booking JOIN event_copies event ON event.event_id = booking.event_id
      WHERE booking.user_id = person.id AND booking.status IN ('PAID', 'PARTIALLY_REFUNDED') AND event.organizer_id = ${organizerId}::uuid)`
  return rows.map(({ id }) => id)
}

/** Ids of up to `limit` PENDING bookings past their time, the longest past first. */
export async function listDue(db: Db, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id FROM bookings
    WHERE status = 'PENDING' AND (expires_at <= now()
      OR event_id IN (SELECT event_id FROM event_copies WHERE payable_until <= now()))
    ORDER BY expires_at LIMIT ${limit}`
  return rows.map((row) => row.id)
}

/** Those of the ids that are of PENDING bookings past their time. */
export async function findDue(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM bookings WHERE id = ANY(${ids}::uuid[]) AND ${OVERDUE}`
  return rows.map((row) => row.id)
}

/** A hold past its time, by its booking. */
export interface LapsedHold {
  bookingId: string
  expiresAt: Date
}

/**
 * The bookings of holds that will never ask for their places: they have ended, or were not written by the time that the hold was up.
 * What is written after that can never be paid, for the time to pay ends before the hold does, by this same clock.
 */
export async function findOver(db: Db, holds: readonly LapsedHold[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT hold.id
    FROM unnest(${holds.map((hold) => hold.bookingId)}::uuid[], ${holds.map((hold) => hold.expiresAt)}::timestamptz[])
      AS hold (id, expires_at)
    LEFT JOIN bookings ON bookings.id = hold.id
    WHERE status IN ('EXPIRED', 'CANCELLED', 'REFUNDED') OR (status IS NULL AND hold.expires_at <= clock_timestamp())`
  return rows.map((row) => row.id)
}

/**
 * Up to `limit` bookings whose status asks something of the ticket subgraph that was not done, the oldest change first.
 * @param quietSeconds those that changed more recently are most likely being worked on just now.
 */
export async function listUnfulfilled(
  db: Db,
  quietSeconds: number,
  limit: number,
): Promise<{ id: string; status: BookingStatus }[]> {
  return db.$queryRaw`SELECT id, status FROM bookings
    WHERE NOT fulfilled AND updated_at < now() - make_interval(secs => ${quietSeconds}::int)
    ORDER BY updated_at LIMIT ${limit}`
}

/** What a booking costs. Amounts are in the smallest unit of `currency`. */
export interface BookingPrice
  extends Pick<
    Booking,
    'subtotal' | 'discount' | 'surcharge' | 'platformFees' | 'tax' | 'totalPrice' | 'currency'
  > {
  items: BookingItem[]
  fees: BookingFee[]
}

export interface NewBooking extends BookingPrice {
  id: string
  userId: string
  eventId: string
  organizerId: string
  /** The checkout that it is made in; null when it is paid by itself. */
  checkoutId: string | null
  holdId: string
  /** Of the event's fees that it was priced with. */
  feesVersion: number
  holdExpiresAt: Date
  payableUntil: Date
}

/**
 * Writes a PENDING booking. It can be paid until `marginSeconds` before its hold ends, or until a quarter of what is
 * left of the hold where that is less, and never past `payableUntil`: by Postgres' clock, like everything that decides about
 * time here.
 * @returns null when this id, or this hold, is booked already, or the event's fees are others by now.
 */
export const insertBooking = async (
  tx: Tx,
  booking: NewBooking,
  marginSeconds: number,
): Promise<Booking | null> => (await insertBookings(tx, [booking], marginSeconds)).get(booking.id) ?? null

/** The same of several bookings, in one statement. @returns those that were written, by id. */
export async function insertBookings(
  tx: Tx,
  bookings: readonly NewBooking[],
  marginSeconds: number,
): Promise<Map<string, Booking>> {
  if (bookings.length === 0) return new Map()
  const of = <Key extends keyof NewBooking>(key: Key) => bookings.map((booking) => booking[key])
  const items = bookings.flatMap(({ id, items: its }) =>
    its.map((item, position) => ({ ...item, bookingId: id, position })),
  )
  const ofItems = <Key extends keyof (typeof items)[number]>(key: Key) => items.map((item) => item[key])
  const rows = await tx.$queryRaw<BookingRow[]>`
    WITH booked AS (INSERT INTO bookings (id, user_id, event_id, organizer_id, checkout_id, hold_id, currency, subtotal, discount, surcharge,
      platform_fees, tax, total_price, expires_at)
    SELECT new.id, new.user_id, new.event_id, new.organizer_id, new.checkout_id, new.hold_id, new.currency, new.subtotal, new.discount,
      new.surcharge, new.platform_fees, new.tax, new.total_price, least(new.payable_until, new.hold_expires_at
        - least(make_interval(secs => ${marginSeconds}::int), (new.hold_expires_at - clock_timestamp()) / 4))
    FROM unnest(${of('id')}::uuid[], ${of('userId')}::uuid[], ${of('eventId')}::uuid[], ${of('organizerId')}::uuid[],
      ${of('checkoutId')}::uuid[], ${of('holdId')}::uuid[], ${of('currency')}::text[], ${of('subtotal').map(BigInt)}::bigint[],
      ${of('discount').map(BigInt)}::bigint[], ${of('surcharge').map(BigInt)}::bigint[], ${of('platformFees').map(BigInt)}::bigint[],
      ${of('tax').map(BigInt)}::bigint[], ${of('totalPrice').map(BigInt)}::bigint[], ${of('feesVersion')}::int[],
      ${of('payableUntil')}::timestamptz[], ${of('holdExpiresAt')}::timestamptz[])
      AS new (id, user_id, event_id, organizer_id, checkout_id, hold_id, currency, subtotal, discount, surcharge, platform_fees, tax,
        total_price, fees_version, payable_until, hold_expires_at)
    WHERE ${feesVersion(Prisma.sql`new.event_id`)} = new.fees_version ORDER BY new.hold_id
    ON CONFLICT DO NOTHING RETURNING ${COLUMNS}),
    items AS (INSERT INTO booking_items
        (booking_id, position, ticket_type_id, name, kind, seat_id, seat_label, unit_price, quantity, discount)
      SELECT booked.id, item.position, item.ticket_type_id, item.name, item.kind, item.seat_id, item.seat_label,
        item.unit_price, item.quantity, item.discount
      FROM unnest(${ofItems('bookingId')}::uuid[], ${ofItems('position')}::int[], ${ofItems('ticketTypeId')}::uuid[],
        ${ofItems('name')}::text[], ${ofItems('kind')}::text[], ${ofItems('seatId')}::uuid[], ${ofItems('seatLabel')}::text[],
        ${ofItems('unitPrice').map(BigInt)}::bigint[], ${ofItems('quantity')}::int[], ${ofItems('discount').map(BigInt)}::bigint[])
        AS item (booking_id, position, ticket_type_id, name, kind, seat_id, seat_label, unit_price, quantity, discount)
      JOIN booked ON booked.id = item.booking_id)
    SELECT * FROM booked`
  const written = new Map(rows.map((row) => [row.id, toBooking(row)]))
  const fees = bookings.flatMap(({ id, fees: its }) =>
    written.has(id) ? its.map((fee, position) => ({ bookingId: id, position, ...fee })) : [],
  )
  if (fees.length > 0) await tx.bookingFee.createMany({ data: fees })
  return written
}

/**
 * One conditional UPDATE: it waits for whoever moves the same booking, then looks at the row as that one left it. Of
 * payment, expiry and cancelling at the same moment, one finds a PENDING row; null says: not you.
 */
async function move(tx: Tx, id: string, to: Prisma.Sql, when: Prisma.Sql): Promise<Booking | null> {
  const [row] = await tx.$queryRaw<BookingRow[]>`
    UPDATE bookings SET ${to}, version = version + 1, updated_at = now()
    WHERE id = ${id}::uuid AND ${when} RETURNING ${COLUMNS}`
  return row ? toBooking(row) : null
}

/** PENDING and in time → PAID, its tickets not yet issued. */
export const moveToPaid = async (tx: Tx, id: string): Promise<Booking | null> =>
  (await moveAllToPaid(tx, [id]))[0] ?? null

/** The same of several bookings, which are locked in the order of their ids. @returns those that moved. */
export async function moveAllToPaid(tx: Tx, ids: readonly string[]): Promise<Booking[]> {
  const rows = await tx.$queryRaw<BookingRow[]>`
    WITH locked AS (SELECT id AS locked_id FROM bookings WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE)
    UPDATE bookings SET status = 'PAID', fulfilled = false, version = version + 1, updated_at = now() FROM locked
    WHERE id = locked_id AND ${IN_TIME} RETURNING ${COLUMNS}`
  return rows.map(toBooking)
}

/**
 * EXPIRED, or past its time → PAID all the same, its tickets not yet issued: its money was on its way when its time ended. Not once
 * its event is over or off, for then nobody may be given its places; nor once the promo codes that made it cheaper were given back,
 * for then others may have them.
 */
export const moveToPaidLate = (tx: Tx, id: string): Promise<Booking | null> =>
  move(
    tx,
    id,
    Prisma.sql`status = 'PAID', fulfilled = false`,
    Prisma.sql`(status = 'EXPIRED' AND discount = 0 OR status = 'PENDING') AND NOT EXISTS (SELECT FROM event_copies
      WHERE event_copies.event_id = bookings.event_id AND payable_until <= clock_timestamp())`,
  )

/** Nothing of the bookings themselves, but of their payment: their watchers are to look again. The caller holds their locks. */
export async function touchBookings(tx: Tx, bookings: readonly Booking[]): Promise<Booking[]> {
  const ids = bookings.map(({ id }) => id)
  if (ids.length === 0) return []
  const rows = await tx.$queryRaw<BookingRow[]>`UPDATE bookings SET version = version + 1, updated_at = now()
    WHERE id = ANY(${ids}::uuid[]) RETURNING ${COLUMNS}`
  return rows.map(toBooking)
}

/** The same of one booking. */
export const touchBooking = async (tx: Tx, booking: Booking): Promise<Booking | null> =>
  (await touchBookings(tx, [booking]))[0] ?? null

/** PENDING and in time: it can be paid for so many hours from now, but not past `latest`; never for less long than before. */
export const extendBooking = (tx: Tx, id: string, hours: number, latest: Date): Promise<Booking | null> =>
  move(
    tx,
    id,
    Prisma.sql`expires_at = greatest(expires_at, least(clock_timestamp() + make_interval(hours => ${hours}::int),
      ${latest}::timestamptz))`,
    IN_TIME,
  )

/** PENDING and in time → CANCELLED, its places not yet freed. */
export const moveToCancelled = (tx: Tx, id: string): Promise<Booking | null> =>
  move(tx, id, Prisma.sql`status = 'CANCELLED', fulfilled = false`, IN_TIME)

/** For so long past its time a booking keeps its places while its provider does not say what became of its payment. */
const PROVIDER_PATIENCE = '15 minutes'

/** Nothing is on its way to pay the booking, or nobody can tell for too long. */
const UNPAID = Prisma.sql`(${PAYABLE_UNTIL} <= clock_timestamp() - ${PROVIDER_PATIENCE}::interval OR NOT EXISTS (SELECT FROM payments
  WHERE (payments.booking_id = bookings.id OR payments.checkout_id = bookings.checkout_id)
    AND payments.status IN ('REQUIRES_ACTION', 'AUTHORIZED')))`

/** PENDING, past its time, and with no payment under way → EXPIRED, its places not yet freed. */
export const moveToExpired = (tx: Tx, id: string): Promise<Booking | null> =>
  move(tx, id, Prisma.sql`status = 'EXPIRED', fulfilled = false`, Prisma.sql`${OVERDUE} AND ${UNPAID}`)

/** No tickets of the booking are being refunded by themselves, and its payment is not in dispute. The caller has locked it before. */
const NOTHING_OPEN = Prisma.sql`NOT EXISTS (SELECT FROM booking_refunds
    WHERE booking_refunds.booking_id = bookings.id AND booking_refunds.status = 'ENDING')
  AND NOT EXISTS (SELECT FROM payments WHERE (payments.booking_id = bookings.id OR payments.checkout_id = bookings.checkout_id)
    AND payments.status = 'DISPUTED')`

/**
 * Paid → REFUNDED in full, its tickets not yet cancelled. Not while tickets of it are being refunded by themselves, or its payment is in
 * dispute. The caller has locked it.
 * @param fulfilled whether its tickets must have been issued, or must not.
 */
export const moveToRefunded = (
  tx: Tx,
  id: string,
  reason: string,
  fulfilled: boolean,
): Promise<Booking | null> =>
  move(
    tx,
    id,
    Prisma.sql`status = 'REFUNDED', refunded_amount = total_price, refund_reason = ${reason}, fulfilled = false`,
    Prisma.sql`status IN ('PAID', 'PARTIALLY_REFUNDED') AND fulfilled = ${fulfilled} AND ${NOTHING_OPEN}`,
  )

/** The same of several bookings that have their tickets, which are locked in the order of their ids. @returns those that moved, as they were and as they are. */
export async function moveAllToRefunded(
  tx: Tx,
  ids: readonly string[],
  reason: string,
): Promise<{ before: Booking; booking: Booking }[]> {
  const locked = await tx.$queryRaw<BookingRow[]>`
    SELECT ${COLUMNS} FROM bookings WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR UPDATE`
  const moved = await tx.$queryRaw<BookingRow[]>`UPDATE bookings
    SET status = 'REFUNDED', refunded_amount = total_price, refund_reason = ${reason}, fulfilled = false, version = version + 1, updated_at = now()
    WHERE id = ANY(${ids}::uuid[]) AND status IN ('PAID', 'PARTIALLY_REFUNDED') AND fulfilled
      AND ${NOTHING_OPEN}
    RETURNING ${COLUMNS}`
  const before = new Map(locked.map((row) => [row.id, toBooking(row)]))
  return moved.map((row) => ({ before: before.get(row.id) ?? toBooking(row), booking: toBooking(row) }))
}

/**
 * Notes that money went back for tickets that are out of use: REFUNDED once that is all of it and no ticket is left, else PARTIALLY_REFUNDED,
 * or as it was where these tickets cost nothing. The refund's items are written, those of other refunds too.
 * @returns null when that is more than there is, or the booking is not paid (any more).
 */
export const moveToPartlyRefunded = (
  tx: Tx,
  id: string,
  { amount, reason }: { amount: number; reason: string },
): Promise<Booking | null> =>
  move(
    tx,
    id,
    Prisma.sql`refunded_amount = refunded_amount + ${amount}::bigint, refund_reason = ${reason},
      status = CASE WHEN refunded_amount + ${amount}::bigint = total_price AND NOT EXISTS (SELECT FROM booking_tickets
          WHERE booking_id = bookings.id AND NOT EXISTS (SELECT FROM refund_items item JOIN booking_refunds refund ON refund.id = item.refund_id
            WHERE item.ticket_id = booking_tickets.ticket_id AND refund.status = 'MADE')) THEN 'REFUNDED'
        WHEN refunded_amount + ${amount}::bigint > 0 THEN 'PARTIALLY_REFUNDED' ELSE status END`,
    Prisma.sql`status IN ('PAID', 'PARTIALLY_REFUNDED') AND fulfilled AND refunded_amount + ${amount}::bigint <= total_price`,
  )

/** PAID → REFUNDED by the buyer's bank, its tickets not yet cancelled. */
export const moveToChargedBack = (tx: Tx, id: string, reason: string): Promise<Booking | null> =>
  move(
    tx,
    id,
    Prisma.sql`status = 'REFUNDED', refunded_amount = total_price, refund_reason = ${reason}, fulfilled = false`,
    Prisma.sql`status IN ('PAID', 'PARTIALLY_REFUNDED')`,
  )

/** The tickets that a paid booking has become. */
export interface IssuedTickets {
  bookingId: string
  /** In their order. */
  ticketIds: readonly string[]
}

/**
 * PAID without tickets → PAID with them, locked in the order of their ids, and no waiting job is to issue them any more: one that runs finds
 * nothing to do. One statement.
 * @param jobName of those jobs, whose keys end with the booking's id.
 * @returns those that moved.
 */
export async function moveAllToIssued(
  tx: Tx,
  issued: readonly IssuedTickets[],
  jobName: string,
): Promise<Booking[]> {
  const tickets = issued.flatMap(({ bookingId, ticketIds }) =>
    ticketIds.map((ticketId, position) => ({ bookingId, ticketId, position })),
  )
  const rows = await tx.$queryRaw<BookingRow[]>`
    WITH locked AS (SELECT id AS locked_id FROM bookings WHERE id = ANY(${issued.map(({ bookingId }) => bookingId)}::uuid[])
      ORDER BY id FOR NO KEY UPDATE),
    moved AS (UPDATE bookings SET fulfilled = true, version = version + 1, updated_at = now() FROM locked
      WHERE id = locked_id AND status = 'PAID' AND NOT fulfilled RETURNING ${COLUMNS}),
    tickets AS (INSERT INTO booking_tickets (ticket_id, booking_id, position)
      SELECT ticket.id, moved.id, ticket.position
      FROM unnest(${tickets.map(({ ticketId }) => ticketId)}::uuid[], ${tickets.map(({ bookingId }) => bookingId)}::uuid[],
        ${tickets.map(({ position }) => position)}::int[]) AS ticket (id, booking_id, position) JOIN moved ON moved.id = ticket.booking_id),
    told AS (INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
      SELECT uuidv7(), 'user', 'booking.tickets-issued', moved.id, jsonb_build_object('bookingId', moved.id, 'userId', moved."userId",
        'eventId', moved."eventId", 'totalPrice', moved."totalPrice", 'currency', moved.currency, 'ticketIds', told.ids)
      FROM moved JOIN (SELECT booking_id, jsonb_agg(id ORDER BY position) AS ids
        FROM unnest(${tickets.map(({ ticketId }) => ticketId)}::uuid[], ${tickets.map(({ bookingId }) => bookingId)}::uuid[],
          ${tickets.map(({ position }) => position)}::int[]) AS ticket (id, booking_id, position) GROUP BY booking_id) told
        ON told.booking_id = moved.id),
    done AS (DELETE FROM graphile_worker._private_jobs job USING moved WHERE job.key = ${jobName} || ':' || moved.id AND job.locked_at IS NULL)
    SELECT * FROM moved`
  return rows.map(toBooking)
}

/** Those of the bookings that are REFUNDED with tickets that are still in use. */
export async function findTicketsToCancel(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id FROM bookings
    WHERE id = ANY(${ids}::uuid[]) AND status = 'REFUNDED' AND NOT fulfilled`
  return rows.map((row) => row.id)
}

/**
 * REFUNDED with tickets that are still in use → REFUNDED and done: whoever watches is to see what became of the tickets. The bookings are
 * locked in the order of their ids. @returns those that moved.
 */
export async function moveToTicketsCancelled(tx: Tx, ids: readonly string[]): Promise<Booking[]> {
  const rows = await tx.$queryRaw<BookingRow[]>`UPDATE bookings
    SET fulfilled = true, version = version + 1, updated_at = now()
    WHERE id IN (SELECT id FROM bookings WHERE id = ANY(${ids}::uuid[]) AND status = 'REFUNDED' AND NOT fulfilled
      ORDER BY id FOR UPDATE)
    RETURNING ${COLUMNS}`
  return rows.map(toBooking)
}

/** Notes that a REFUNDED booking has tickets again, which came too late: they are still to be cancelled. */
export async function updateUnfulfilled(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE bookings SET fulfilled = false, updated_at = now()
    WHERE id = ${id}::uuid AND status = 'REFUNDED'`
}

/** Notes that the ticket subgraph has done what this status asks of it. */
export async function updateFulfilled(tx: Tx, booking: Booking): Promise<void> {
  await tx.$executeRaw`UPDATE bookings SET fulfilled = true, updated_at = now()
    WHERE id = ${booking.id}::uuid AND status = ${booking.status}`
}

/**
 * What is kept of a user, as JSON: what they bought and paid, what went back, their wallets, and what they were paid as organizers. No secrets of
 * their endpoints, no links of payments under way.
 */
export async function findPersonalData(db: Db, userId: string): Promise<string> {
  const [row] = await db.$queryRaw<{ part: string }[]>`SELECT json_build_object(
    'bookings', (SELECT coalesce(json_agg(b ORDER BY b.created_at), '[]') FROM (SELECT id, event_id, status, currency, subtotal, discount,
      surcharge, total_price, refunded_amount, created_at, (SELECT coalesce(json_agg(i ORDER BY i.position), '[]') FROM (SELECT position, name,
      seat_label, unit_price, quantity, discount FROM booking_items WHERE booking_id = bookings.id) i) AS items
      FROM bookings WHERE user_id = ${userId}::uuid) b),
    'payments', (SELECT coalesce(json_agg(p ORDER BY p.created_at), '[]') FROM (SELECT p.id, p.booking_id, p.checkout_id, p.provider, p.status,
      p.amount, p.refunded_amount, p.currency, p.paid_at, p.created_at FROM payments p
      LEFT JOIN bookings b ON b.id = p.booking_id LEFT JOIN checkouts c ON c.id = p.checkout_id
      WHERE coalesce(b.user_id, c.user_id, p.top_up_user_id) = ${userId}::uuid) p),
    'refundRequests', (SELECT coalesce(json_agg(r ORDER BY r.created_at), '[]') FROM (SELECT r.id, r.booking_id, r.status, r.percent, r.amount,
      r.reason, r.message, r.decided_at, r.created_at FROM refund_requests r JOIN bookings b ON b.id = r.booking_id
      WHERE b.user_id = ${userId}::uuid) r),
    'wallets', (SELECT coalesce(json_agg(w), '[]') FROM (SELECT currency, balance FROM ledger_accounts
      WHERE kind = 'WALLET' AND owner_id = ${userId}::uuid) w),
    'walletEntries', (SELECT coalesce(json_agg(e ORDER BY e.created_at), '[]') FROM (SELECT t.kind, t.booking_id, e.currency, e.amount, t.created_at
      FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id JOIN ledger_transactions t ON t.id = e.transaction_id
      WHERE a.kind = 'WALLET' AND a.owner_id = ${userId}::uuid) e),
    'invoices', (SELECT coalesce(json_agg(i ORDER BY i.issued_at), '[]') FROM (SELECT id, kind, year, number, booking_id, currency, total, content,
      issued_at FROM invoices WHERE user_id = ${userId}::uuid) i),
    'cart', (SELECT coalesce(json_agg(c ORDER BY c.created_at), '[]') FROM (SELECT ticket_type_id, quantity, event_id, created_at
      FROM cart_items WHERE user_id = ${userId}::uuid) c),
    'promoCodesUsed', (SELECT coalesce(json_agg(u), '[]') FROM (SELECT booking_id, code_id, discount, given_back_at
      FROM promo_uses WHERE user_id = ${userId}::uuid) u),
    'payouts', (SELECT coalesce(json_agg(p ORDER BY p.created_at), '[]') FROM (SELECT id, status, amount, currency, bank_name, account_holder,
      account_ending, created_at, paid_at FROM payouts WHERE organizer_id = ${userId}::uuid) p),
    'webhookEndpoints', (SELECT coalesce(json_agg(w ORDER BY w.created_at), '[]') FROM (SELECT id, url, description, events, created_at
      FROM webhook_endpoints WHERE organizer_id = ${userId}::uuid AND deleted_at IS NULL) w)
  )::text AS part`
  return row?.part ?? '{}'
}
