import { mapConstraintError } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { BookingHoldsAlready } from '../errors.ts'
import type { Hold, HoldItem, HoldOwner, HoldStatus } from './hold.ts'

/** A booking binds one hold. */
export const bookingConstraintErrors = (bookingId: string | null) => ({
  holds_booking_once: () => new BookingHoldsAlready(bookingId),
})

/** Holds by id, with their items. */
export async function findHolds(db: Db | Tx, ids: readonly string[]): Promise<Map<string, Hold>> {
  const holds = await selectHolds(db, Prisma.sql`h.id = ANY(${ids}::uuid[])`)
  return new Map(holds.map((hold) => [hold.id, hold]))
}

export const findHold = async (db: Db | Tx, id: string): Promise<Hold | null> =>
  (await findHolds(db, [id])).get(id) ?? null

/** Holds that keep places for a user just now, newest first, of one event or of all, at most `limit`. */
export async function listOpenHolds(
  db: Db | Tx,
  userId: string,
  eventId: string | null,
  limit: number,
): Promise<Hold[]> {
  const holds = await selectHolds(
    db,
    Prisma.sql`h.id IN (SELECT o.id FROM holds o WHERE o.user_id = ${userId}::uuid AND o.status = 'ACTIVE'
      AND (o.expires_at > now() OR o.booking_id IS NOT NULL) AND (${eventId}::uuid IS NULL OR o.event_id = ${eventId}::uuid) ORDER BY o.id DESC LIMIT ${limit})`,
  )
  return holds.reverse()
}

/** Holds by a condition on `h`, oldest first, with their items. */
export async function selectHolds(db: Reads, which: Prisma.Sql): Promise<Hold[]> {
  const rows = await db.$queryRaw<HoldRow[]>`SELECT h.id, h.user_id, h.event_id, h.expires_at, h.booking_id,
      CASE WHEN h.status = 'ACTIVE' AND h.booking_id IS NULL AND h.expires_at <= now() THEN 'EXPIRED' ELSE h.status END AS status,
      i.ticket_type_id, i.seat_id, i.quantity, i.unit_price, i.currency
    FROM holds h LEFT JOIN LATERAL (SELECT item.*, t.currency FROM hold_items item JOIN ticket_types t ON t.id = item.ticket_type_id
      WHERE item.hold_id = h.id OFFSET 0) i ON true -- for each hold by itself: a plan that is kept would else read all items while they are few
    WHERE ${which} ORDER BY h.id, i.id`
  return [...Map.groupBy(rows, (row) => row.id).values()].flatMap((items) => {
    const [row] = items
    if (!row) return []
    return {
      id: row.id,
      userId: row.user_id,
      eventId: row.event_id,
      status: row.status,
      expiresAt: row.expires_at,
      bookingId: row.booking_id,
      items: items.filter(hasItem).map(toItem),
    }
  })
}

interface HoldRow extends Omit<ItemRow, 'ticket_type_id'> {
  id: string
  user_id: string
  event_id: string
  status: HoldStatus
  expires_at: Date
  booking_id: string | null
  /** Null for a hold without items: its ticket type was deleted after it had ended. */
  ticket_type_id: string | null
}

/** An item `i` of a hold, with the currency of its ticket type. */
export interface ItemRow {
  ticket_type_id: string
  seat_id: string | null
  quantity: number
  unit_price: bigint
  currency: string
}

const hasItem = (row: HoldRow): row is HoldRow & ItemRow => row.ticket_type_id !== null

export const toItem = (row: ItemRow): HoldItem => ({
  ticketTypeId: row.ticket_type_id,
  seatId: row.seat_id,
  quantity: row.quantity,
  unitPrice: Number(row.unit_price),
  currency: row.currency,
})

/** Whether a hold still keeps its seats. */
export async function isHoldLive(db: Db | Tx, holdId: string): Promise<boolean> {
  const rows = await db.$queryRaw<unknown[]>`SELECT 1 FROM holds
    WHERE id = ${holdId}::uuid AND status = 'ACTIVE' AND (expires_at > now() OR booking_id IS NOT NULL)`
  return rows.length > 0
}

/**
 * Which holds past their time are asked for: one, those that cover seats, those of users or those that cover ticket types in an event,
 * or all. What a booking has bound is none of them: its time alone does not end it.
 */
export type LapsedFilter =
  | { holdId: string }
  | { seatIds: readonly string[] }
  | { eventId: string; userIds: readonly string[] }
  | { eventId: string; ticketTypeIds: readonly string[] }
  | 'all'

/** Holds that are past their time and that nothing has ended yet, the longest past first, at most `limit`. */
export async function listLapsedHolds(
  db: Db | Tx,
  filter: LapsedFilter,
  limit: number,
): Promise<{ id: string; eventId: string }[]> {
  const rows = await db.$queryRaw<{ id: string; event_id: string }[]>`SELECT h.id, h.event_id FROM holds h
    WHERE h.status = 'ACTIVE' AND h.booking_id IS NULL AND h.expires_at <= now() AND ${lapsedCondition(filter)}
    ORDER BY h.expires_at LIMIT ${limit}`
  return rows.map((row) => ({ id: row.id, eventId: row.event_id }))
}

function lapsedCondition(filter: LapsedFilter): Prisma.Sql {
  if (filter === 'all') return Prisma.sql`true`
  if ('holdId' in filter) return Prisma.sql`h.id = ${filter.holdId}::uuid`
  if ('seatIds' in filter)
    return Prisma.sql`h.id IN (SELECT s.hold_id FROM seats s WHERE s.id = ANY(${filter.seatIds}::uuid[]))`
  if ('userIds' in filter)
    return Prisma.sql`h.event_id = ${filter.eventId}::uuid AND h.user_id = ANY(${filter.userIds}::uuid[])`
  return Prisma.sql`h.event_id = ${filter.eventId}::uuid AND h.id IN (
      SELECT i.hold_id FROM hold_items i WHERE i.ticket_type_id = ANY(${filter.ticketTypeIds}::uuid[]))`
}

/** A hold to be written. Its seats and stock are moved beside it, in the same transaction. */
export interface NewHold extends HoldOwner {
  id: string
  eventId: string
  items: { ticketTypeId: string; seatId: string | null; quantity: number }[]
}

/**
 * Writes holds that start now, at the price of now, each with the job that ends it in time: one statement, however many they are.
 * @returns the holds in the order given; they end `seconds` from the start of the transaction, but no later than their event.
 * @throws BookingHoldsAlready when a booking of one of them has a hold.
 */
export async function insertHolds(tx: Tx, holds: readonly NewHold[], seconds: number): Promise<Hold[]> {
  const items = holds.flatMap((hold) => hold.items.map((item) => ({ ...item, holdId: hold.id, id: newId() })))
  const rows = await tx.$queryRaw<(ItemRow & { id: string; expires_at: Date })[]>`
    WITH added AS (
      INSERT INTO holds (id, user_id, event_id, booking_id, expires_at)
      SELECT h.id, h.user_id, h.event_id, h.booking_id, least(now() + make_interval(secs => ${seconds}::int), e.ends_at)
      FROM unnest(${holds.map((hold) => hold.id)}::uuid[], ${holds.map((hold) => hold.userId)}::uuid[],
        ${holds.map((hold) => hold.eventId)}::uuid[], ${holds.map((hold) => hold.bookingId)}::uuid[])
        AS h(id, user_id, event_id, booking_id)
      JOIN event_copies e ON e.id = h.event_id
      RETURNING id, expires_at
    ), items AS (
      INSERT INTO hold_items (id, hold_id, ticket_type_id, seat_id, quantity, unit_price)
      SELECT i.id, i.hold_id, i.type_id, i.seat_id, i.quantity, t.price
      FROM unnest(${items.map((item) => item.id)}::uuid[], ${items.map((item) => item.holdId)}::uuid[],
        ${items.map((item) => item.ticketTypeId)}::uuid[], ${items.map((item) => item.seatId)}::uuid[],
        ${items.map((item) => item.quantity)}::int[]) AS i(id, hold_id, type_id, seat_id, quantity)
      JOIN ticket_types t ON t.id = i.type_id
      RETURNING id, hold_id, ticket_type_id, seat_id, quantity, unit_price
    ), jobs AS MATERIALIZED (
      SELECT kit.add_jobs(array_agg('expire-hold'::text), array_agg(json_build_object('holdId', a.id)::text), array_agg(a.expires_at::timestamptz),
        array_agg('expire-hold:' || a.id)) FROM added a
    )
    SELECT a.id, a.expires_at, i.ticket_type_id, i.seat_id, i.quantity, i.unit_price, t.currency
    FROM jobs CROSS JOIN added a JOIN items i ON i.hold_id = a.id JOIN ticket_types t ON t.id = i.ticket_type_id
    ORDER BY i.id`.catch((error: unknown) =>
    mapConstraintError(
      error,
      bookingConstraintErrors(holds.length === 1 ? (holds[0]?.bookingId ?? null) : null),
    ),
  )
  const byHold = Map.groupBy(rows, (row) => row.id)
  return holds.map(({ items: _, ...hold }) => {
    const [first, ...others] = byHold.get(hold.id) ?? []
    if (!first) throw new Error(`hold ${hold.id} has no items`)
    return { ...hold, status: 'ACTIVE', expiresAt: first.expires_at, items: [first, ...others].map(toItem) }
  })
}

/** Locks a hold. @returns where it stands, and whether it may not become tickets any more; null when there is none. */
export async function lockHold(tx: Tx, id: string): Promise<{ status: HoldStatus; revoked: boolean } | null> {
  const [hold] = await tx.$queryRaw<
    { status: HoldStatus; revoked: boolean }[]
  >`SELECT status, revoked FROM holds WHERE id = ${id}::uuid FOR NO KEY UPDATE`
  return hold ?? null
}

/**
 * Moves the end of a user's active, unbound hold, and the job that ends it, to `seconds` from the start of the transaction, but no later than
 * `longest` from when it was made, nor than its event's end, and no earlier than it was. One statement.
 * @returns how many seconds are left; null when there is no such hold, or its event does not take bookings.
 */
export async function updateHoldEnd(
  tx: Tx,
  { id, userId }: { id: string; userId: string },
  seconds: number,
  longest: number,
): Promise<{ secondsLeft: number } | null> {
  const [row] = await tx.$queryRaw<{ left: number }[]>`
    WITH extended AS (
      UPDATE holds h SET expires_at = greatest(h.expires_at, least(now() + make_interval(secs => ${seconds}::int),
        h.created_at + make_interval(secs => ${longest}::int), e.ends_at))
      FROM event_copies e
      WHERE h.id = ${id}::uuid AND h.user_id = ${userId}::uuid AND h.status = 'ACTIVE' AND h.expires_at > now() AND h.booking_id IS NULL
        AND e.id = h.event_id AND e.status = 'APPROVED' AND NOT e.sales_paused AND e.ends_at > now()
      RETURNING h.id, h.expires_at
    )
    SELECT extract(epoch FROM x.expires_at - now())::float8 AS left, (graphile_worker.add_job('expire-hold',
      payload => json_build_object('holdId', x.id), run_at => x.expires_at, job_key => 'expire-hold:' || x.id, max_attempts => 25)).id AS job_id
    FROM extended x`
  return row ? { secondsLeft: row.left } : null
}

/** Which holds end, and how. All of one event. */
export interface HoldEnding {
  eventId: string
  holdIds: readonly string[]
  /** EXPIRED ends only what is past its time; what a booking has bound, only once booking has said that it is over. */
  to: 'RELEASED' | 'EXPIRED'
  /** Leave alone what a booking has bound, be it a moment ago. */
  unboundOnly?: boolean
}

/** An item of a hold that has just ended. */
export interface EndedItem {
  holdId: string
  userId: string
  ticketTypeId: string
  seatId: string | null
  quantity: number
}

/** Ends those of the holds that are still active, locked in id order. @returns their items. */
export async function moveHolds(
  tx: Tx,
  { eventId, holdIds, to, unboundOnly = false }: HoldEnding,
): Promise<EndedItem[]> {
  const rows = await tx.$queryRaw<
    { hold_id: string; user_id: string; ticket_type_id: string; seat_id: string | null; quantity: number }[]
  >`
    WITH locked AS (
      SELECT id FROM holds WHERE id = ANY(${holdIds}::uuid[]) AND event_id = ${eventId}::uuid ORDER BY id FOR NO KEY UPDATE
    ), ended AS (
      UPDATE holds h SET status = ${to}, closed_at = now() FROM locked l
      WHERE h.id = l.id AND h.status = 'ACTIVE' AND (${to} <> 'EXPIRED' OR h.expires_at <= now())
        AND (NOT ${unboundOnly} OR h.booking_id IS NULL)
      RETURNING h.id, h.user_id
    )
    SELECT i.hold_id, e.user_id, i.ticket_type_id, i.seat_id, i.quantity FROM ended e JOIN hold_items i ON i.hold_id = e.id`
  return rows.map((row) => ({
    holdId: row.hold_id,
    userId: row.user_id,
    ticketTypeId: row.ticket_type_id,
    seatId: row.seat_id,
    quantity: row.quantity,
  }))
}

/** Cuts the live holds of an event that would outlast it, locked in id order, and the jobs that end them. @returns their ids. */
export async function cutHolds(tx: Tx, eventId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH late AS (
      SELECT h.id, e.ends_at FROM holds h JOIN event_copies e ON e.id = h.event_id
      WHERE h.event_id = ${eventId}::uuid AND h.status = 'ACTIVE' AND h.expires_at > e.ends_at ORDER BY h.id FOR NO KEY UPDATE OF h
    ), cut AS (
      UPDATE holds h SET expires_at = l.ends_at FROM late l WHERE h.id = l.id RETURNING h.id, h.expires_at
    )
    SELECT c.id, (graphile_worker.add_job('expire-hold', payload => json_build_object('holdId', c.id), run_at => c.expires_at,
      job_key => 'expire-hold:' || c.id, max_attempts => 25)).id AS job_id
    FROM cut c`
  return rows.map((row) => row.id)
}

/** Marks active holds, locked in id order, as turned into tickets. @returns ids of those that were active and may become tickets. */
export async function moveActiveHoldsToConverted(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
  const moved = await tx.$queryRaw<{ id: string }[]>`
    WITH locked AS (SELECT id FROM holds WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE)
    UPDATE holds h SET status = 'CONVERTED', closed_at = coalesce(closed_at, now()) FROM locked
    WHERE h.id = locked.id AND status = 'ACTIVE' AND NOT revoked RETURNING h.id`
  return new Set(moved.map(({ id }) => id))
}

/** Marks a hold that had ended as turned into tickets. */
export async function moveHoldToConverted(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE holds SET status = 'CONVERTED', closed_at = coalesce(closed_at, now())
    WHERE id = ${id}::uuid AND status <> 'CONVERTED'`
}
