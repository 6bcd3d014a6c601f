import type { BookingQuote, BoundHold } from '@karcis/kit/contracts/bound-hold'
import { mapConstraintError } from '@karcis/kit/database'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { seatLabel } from '../seat-map/seat.ts'
import { HoldExpired } from '../errors.ts'
import type { Hold } from './hold.ts'
import { bookingConstraintErrors, type EndedItem, type ItemRow, selectHolds, toItem } from './hold-store.ts'

/** What bookings hold or held, by booking, with its items. */
export async function findHoldsOfBookings(
  db: Reads,
  bookingIds: readonly string[],
): Promise<Map<string, Hold>> {
  const holds = await selectHolds(db, Prisma.sql`h.booking_id = ANY(${bookingIds}::uuid[])`)
  return new Map(holds.flatMap((hold) => (hold.bookingId === null ? [] : [[hold.bookingId, hold]])))
}

export const findHoldOfBooking = async (db: Reads, bookingId: string): Promise<Hold | null> =>
  (await findHoldsOfBookings(db, [bookingId])).get(bookingId) ?? null

/** Holds in all that booking wants to know of them, bound or about to be, by id; without those that have no items. One query. */
export async function findBoundHolds(
  db: Reads,
  holdIds: readonly string[],
): Promise<Map<string, BoundHold & BookingQuote>> {
  const rows = Map.groupBy(await selectBound(db, holdIds), (row) => row.id)
  return new Map(
    [...rows].flatMap(([holdId, [first, ...others]]) =>
      first ? [[holdId, toBoundHold([first, ...others])]] : [],
    ),
  )
}

export const findBoundHold = async (db: Reads, holdId: string): Promise<(BoundHold & BookingQuote) | null> =>
  (await findBoundHolds(db, [holdId])).get(holdId) ?? null

/** The same, and what decides whether somebody may book it. */
export async function findHoldToQuote(db: Reads, holdId: string): Promise<HoldToQuote | null> {
  const [first, ...others] = await selectBound(db, [holdId])
  if (!first) return null
  const quote = toBoundHold([first, ...others])
  return { userId: first.user_id, isKept: first.kept, isBound: first.bound, isOnSale: first.on_sale, quote }
}

/** A hold that somebody asks to book. */
export interface HoldToQuote {
  userId: string
  /** Whether it keeps its places now. */
  isKept: boolean
  /** Whether a booking has it. */
  isBound: boolean
  /** Whether its event takes bookings now, as far as is known here. */
  isOnSale: boolean
  quote: BookingQuote
}

const selectBound = (db: Reads, holdIds: readonly string[]): PromiseLike<BoundRow[]> =>
  db.$queryRaw`SELECT h.id, h.event_id, h.expires_at, e.organizer_id, e.ends_at, i.ticket_type_id, t.name, t.kind,
      t.currency, i.seat_id, i.quantity, i.unit_price, x.name AS section, s.row_label AS row,
      coalesce(s.label, s.number::text) AS label,
      h.user_id, h.status = 'ACTIVE' AND (h.booking_id IS NOT NULL OR h.expires_at > now()) AS kept, h.booking_id IS NOT NULL AS bound,
      e.status = 'APPROVED' AND NOT e.sales_paused AND e.ends_at > now() AS on_sale
    FROM holds h JOIN event_copies e ON e.id = h.event_id JOIN hold_items i ON i.hold_id = h.id
    JOIN ticket_types t ON t.id = i.ticket_type_id
    LEFT JOIN (seats s JOIN sections x ON x.id = s.section_id) ON s.id = i.seat_id
    WHERE h.id = ANY(${holdIds}::uuid[]) ORDER BY h.id, i.id`

/** @param rows of one hold. */
function toBoundHold(rows: readonly [BoundRow, ...BoundRow[]]): BoundHold & BookingQuote {
  const [first] = rows
  return {
    holdId: first.id,
    eventId: first.event_id,
    organizerId: first.organizer_id,
    endsAt: first.ends_at,
    expiresAt: first.expires_at,
    payableUntil: first.expires_at < first.ends_at ? first.expires_at : first.ends_at,
    items: rows.map((row) => ({
      ...toItem(row),
      name: row.name,
      kind: row.kind,
      seatLabel:
        row.section === null || row.row === null || row.label === null
          ? null
          : seatLabel({ section: row.section, row: row.row, label: row.label }),
    })),
  }
}

interface BoundRow extends ItemRow {
  id: string
  user_id: string
  kept: boolean
  bound: boolean
  on_sale: boolean
  event_id: string
  expires_at: Date
  organizer_id: string
  ends_at: Date
  name: string
  kind: BoundHold['items'][number]['kind']
  section: string | null
  row: string | null
  label: string | null
}

/** A hold of a user that a booking is to have. */
export interface HoldBinding {
  holdId: string
  userId: string
  bookingId: string
}

/** A hold that was bound just now. */
interface NewlyBound {
  holdId: string
  eventId: string
  seatIds: string[]
}

/**
 * Binds active, unbound holds of users to bookings, locked in the order of their ids; each moves to `seconds` from the start of the
 * transaction, but no later than its event's end. One statement. The job that ends a hold follows by itself where that is later than
 * before (`expireHold`).
 * @param which only those without seats, whose own time is not to move with it; or any.
 * @returns those that were such holds, of events that take bookings. @throws BookingHoldsAlready.
 */
export async function updateHoldBookings(
  tx: Tx,
  bindings: readonly HoldBinding[],
  seconds: number,
  which: 'without seats' | 'any' = 'any',
): Promise<NewlyBound[]> {
  const rows = await tx.$queryRaw<{ id: string; event_id: string; seat_id: string | null }[]>`
    WITH free AS MATERIALIZED (
      SELECT h.id, w.booking_id, h.expires_at, least(now() + make_interval(secs => ${seconds}::int), e.ends_at)::timestamptz(3) AS renewed_to
      FROM unnest(${bindings.map(({ holdId }) => holdId)}::uuid[], ${bindings.map(({ userId }) => userId)}::uuid[],
        ${bindings.map(({ bookingId }) => bookingId)}::uuid[]) AS w(hold_id, user_id, booking_id)
      JOIN holds h ON h.id = w.hold_id AND h.user_id = w.user_id JOIN event_copies e ON e.id = h.event_id
      WHERE h.booking_id IS NULL AND h.status = 'ACTIVE' AND h.expires_at > now()
        AND e.status = 'APPROVED' AND NOT e.sales_paused AND e.ends_at > now()
        AND (${which === 'any'} OR NOT EXISTS (SELECT FROM hold_items WHERE hold_id = h.id AND seat_id IS NOT NULL))
      ORDER BY h.id FOR NO KEY UPDATE OF h
    ), bound AS (
      UPDATE holds h SET booking_id = f.booking_id, expires_at = f.renewed_to FROM free f WHERE h.id = f.id RETURNING h.id, h.event_id
    ), jobs AS MATERIALIZED (
      SELECT kit.add_jobs(array_agg('expire-hold'::text), array_agg(json_build_object('holdId', f.id)::text), array_agg(f.renewed_to::timestamptz),
        array_agg('expire-hold:' || f.id)) FROM free f WHERE f.renewed_to < f.expires_at
    )
    SELECT b.id, b.event_id, i.seat_id FROM jobs CROSS JOIN bound b JOIN hold_items i ON i.hold_id = b.id`.catch(
    (error: unknown) =>
      mapConstraintError(
        error,
        bookingConstraintErrors(bindings.length === 1 ? (bindings[0]?.bookingId ?? null) : null),
      ),
  )
  const items = Map.groupBy(rows, (row) => row.id)
  return [...new Map(rows.map((row) => [row.id, row.event_id]))].map(([holdId, eventId]) => ({
    holdId,
    eventId,
    seatIds: (items.get(holdId) ?? []).flatMap((item) => item.seat_id ?? []),
  }))
}

/** Adds the job that ends an active hold at its time, where that is still to come. */
export async function enqueueExpiry(tx: Tx, holdId: string): Promise<void> {
  await tx.$executeRaw`SELECT kit.add_jobs(ARRAY['expire-hold'], ARRAY[json_build_object('holdId', id)::text], ARRAY[expires_at::timestamptz],
      ARRAY['expire-hold:' || id])
    FROM holds WHERE id = ${holdId}::uuid AND status = 'ACTIVE' AND expires_at > now()`
}

/**
 * Has one active, unbound hold of a user keep what others of the same event keep; these end with that. All rows are locked in id order.
 * @throws HoldExpired for one of them that keeps nothing any more, or that a booking has bound.
 */
export async function absorbHolds(
  tx: Tx,
  { holdId, userId, absorbed }: { holdId: string; userId: string; absorbed: readonly string[] },
): Promise<void> {
  await tx.$queryRaw`SELECT id FROM holds WHERE id = ANY(${[holdId, ...absorbed]}::uuid[]) ORDER BY id FOR NO KEY UPDATE`
  const ended = await tx.$queryRaw<{ id: string }[]>`
    UPDATE holds h SET status = 'RELEASED', closed_at = now() FROM holds kept
    WHERE kept.id = ${holdId}::uuid AND kept.status = 'ACTIVE' AND kept.expires_at > now() AND kept.booking_id IS NULL
      AND h.event_id = kept.event_id AND h.id = ANY(${absorbed}::uuid[])
      AND h.user_id = ${userId}::uuid AND h.status = 'ACTIVE' AND h.expires_at > now() AND h.booking_id IS NULL
    RETURNING h.id`
  const lost = absorbed.find((id) => ended.every((hold) => hold.id !== id))
  if (lost !== undefined) throw new HoldExpired(lost)
  await tx.$executeRaw`UPDATE hold_items SET hold_id = ${holdId}::uuid WHERE hold_id = ANY(${absorbed}::uuid[])`
}

/**
 * Takes the last places out of an active, unbound hold of a user, so that so many are left of it.
 * @returns what it has kept until now and keeps no more. @throws HoldExpired when there is no such hold any more.
 */
export async function cutHoldItems(
  tx: Tx,
  { holdId, userId }: { holdId: string; userId: string },
  quantity: number,
): Promise<EndedItem[]> {
  const [hold] = await tx.$queryRaw<
    unknown[]
  >`SELECT id FROM holds WHERE id = ${holdId}::uuid AND user_id = ${userId}::uuid
    AND status = 'ACTIVE' AND expires_at > now() AND booking_id IS NULL FOR NO KEY UPDATE`
  if (!hold) throw new HoldExpired(holdId)
  const rows = await tx.$queryRaw<
    { id: string; ticketTypeId: string; seatId: string | null; quantity: number }[]
  >`
    SELECT id, ticket_type_id AS "ticketTypeId", seat_id AS "seatId", quantity FROM hold_items
    WHERE hold_id = ${holdId}::uuid ORDER BY id DESC`
  let surplus = rows.reduce((sum, row) => sum + row.quantity, 0) - quantity
  const cut: EndedItem[] = []
  for (const { id, ...row } of rows) {
    const taken = Math.min(row.quantity, surplus)
    if (taken <= 0) break
    surplus -= taken
    cut.push({ ...row, holdId, userId, quantity: taken })
    if (taken === row.quantity) await tx.$executeRaw`DELETE FROM hold_items WHERE id = ${id}::uuid`
    else
      await tx.$executeRaw`UPDATE hold_items SET quantity = quantity - ${taken}::int WHERE id = ${id}::uuid`
  }
  return cut
}

/** How many places a hold keeps, or has kept. */
export async function countHoldPlaces(tx: Tx, holdId: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ places: number }[]>`
    SELECT coalesce(sum(quantity), 0)::int AS places FROM hold_items WHERE hold_id = ${holdId}::uuid`
  return row?.places ?? 0
}

/** Ids of those holds that keep places for a user just now, and that no booking has bound. */
export async function findKeptHolds(db: Db | Tx, userId: string, ids: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id FROM holds WHERE id = ANY(${ids}::uuid[])
    AND user_id = ${userId}::uuid AND status = 'ACTIVE' AND expires_at > now() AND booking_id IS NULL ORDER BY id`
  return rows.map((row) => row.id)
}

/** A bound hold past its time that nothing has ended yet. */
export interface LapsedBoundHold {
  id: string
  eventId: string
  bookingId: string
  expiresAt: Date
  /** Whether booking has been silent about it for longer than is waited. */
  isGivenUp: boolean
}

/**
 * Bound holds past their time: one, or, at most `limit`, those of which nothing was heard for longest.
 * @param silenceSeconds for how long it is waited, past the hold's time, for word of a booking.
 */
export async function listLapsedBoundHolds(
  db: Db | Tx,
  filter: { holdId: string } | 'all',
  silenceSeconds: number,
  limit: number,
): Promise<LapsedBoundHold[]> {
  const which = filter === 'all' ? Prisma.sql`true` : Prisma.sql`h.id = ${filter.holdId}::uuid`
  return db.$queryRaw`SELECT h.id, h.event_id AS "eventId", h.booking_id AS "bookingId", h.expires_at AS "expiresAt",
      greatest(h.expires_at, h.kept_at) + make_interval(secs => ${silenceSeconds}::int) <= now() AS "isGivenUp"
    FROM holds h WHERE h.status = 'ACTIVE' AND h.booking_id IS NOT NULL AND h.expires_at <= now() AND ${which}
    ORDER BY greatest(h.expires_at, h.kept_at) LIMIT ${limit}`
}

/** Notes that booking has just said that these holds keep their places. */
export async function updateKeptAt(tx: Tx, holdIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`UPDATE holds SET kept_at = now() WHERE id IN (
    SELECT id FROM holds WHERE id = ANY(${holdIds}::uuid[]) AND status = 'ACTIVE' ORDER BY id FOR NO KEY UPDATE)`
}

/** Locks the holds of bookings in id order: the row of each at which everything that happens to a booking's places meets. */
export async function lockHoldsOfBookings(tx: Tx, bookingIds: readonly string[]): Promise<void> {
  await tx.$queryRaw`SELECT id FROM holds WHERE booking_id = ANY(${bookingIds}::uuid[]) ORDER BY id FOR NO KEY UPDATE`
}

/**
 * Notes of the holds of bookings whose tickets are cancelled, which the caller has locked, that they become none from now on: whoever was sent to
 * issue them may still be on the way.
 */
export async function updateHoldsRevoked(tx: Tx, bookingIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`UPDATE holds SET revoked = true WHERE booking_id = ANY(${bookingIds}::uuid[]) AND NOT revoked`
}

/** Makes calls for one booking, of whatever processes, come one after the other until the transaction ends. */
export async function lockBookings(tx: Tx, bookingIds: readonly string[]): Promise<void> {
  await tx.$queryRaw`SELECT count(pg_advisory_xact_lock(hashtextextended(b.id, 0)))::int AS locked
    FROM (SELECT id FROM unnest(${bookingIds}::text[]) AS u(id) ORDER BY hashtextextended(id, 0)) b`
}
