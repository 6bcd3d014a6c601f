import { mapConstraintError } from '@karcis/kit/database'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'

/**
 * WAITING: for places to come back. GATHERING: some have, and are held for them until the others have too. OFFERED: all are held for them,
 * for a while. ACCEPTED: a booking has them. EXPIRED: nobody has booked them in time, or nothing came back as long as there was a sale. LEFT.
 */
export type WaitlistStatus = 'WAITING' | 'GATHERING' | 'OFFERED' | 'ACCEPTED' | 'EXPIRED' | 'LEFT'

/** Somebody who waits, or has waited, for places of a ticket type that is sold out. */
export interface WaitlistEntry {
  id: string
  userId: string
  eventId: string
  ticketTypeId: string
  quantity: number
  status: WaitlistStatus
  /** Which in line it is, from 1; null unless it waits, or gathers places. */
  position: number | null
  /** What is held for it, or was in the end. */
  holdId: string | null
  joinedAt: Date
}

/** The last entry of a user for a ticket type; null when they have never joined. */
export async function findWaitlistEntry(
  db: Db | Tx,
  userId: string,
  ticketTypeId: string,
): Promise<WaitlistEntry | null> {
  const [row] = await selectEntries(
    db,
    Prisma.sql`w.user_id = ${userId}::uuid AND w.ticket_type_id = ${ticketTypeId}::uuid ORDER BY w.id DESC LIMIT 1`,
  )
  return row ?? null
}

/** Locks the line of a ticket type, and in it the open entry of a user; null when they do not wait. */
export async function lockOpenEntry(
  tx: Tx,
  userId: string,
  ticketTypeId: string,
): Promise<WaitlistEntry | null> {
  await tx.$queryRaw`SELECT id FROM ticket_types WHERE id = ${ticketTypeId}::uuid FOR NO KEY UPDATE`
  const [row] = await selectEntries(
    tx,
    Prisma.sql`w.user_id = ${userId}::uuid AND w.ticket_type_id = ${ticketTypeId}::uuid AND w.closed_at IS NULL FOR NO KEY UPDATE OF w`,
  )
  return row ?? null
}

/** Entries `w` whose sale is over wait for nothing any more, whether or not the sweep has closed them. */
const selectEntries = (db: Db | Tx, which: Prisma.Sql): Promise<WaitlistEntry[]> =>
  db.$queryRaw`SELECT w.id, w.user_id AS "userId", w.event_id AS "eventId", w.ticket_type_id AS "ticketTypeId", w.quantity,
      w.hold_id AS "holdId", w.joined_at AS "joinedAt",
      CASE WHEN w.status = 'WAITING' AND ${SALE_OVER} THEN 'EXPIRED' ELSE w.status END AS status,
      CASE WHEN w.status IN ('WAITING', 'GATHERING') AND NOT ${SALE_OVER} THEN 1 + (
        SELECT count(*)::int FROM waitlist_entries b WHERE b.ticket_type_id = w.ticket_type_id AND b.status IN ('WAITING', 'GATHERING')
          AND b.place < w.place) END AS position
    FROM waitlist_entries w JOIN ticket_types y ON y.id = w.ticket_type_id JOIN event_copies e ON e.id = w.event_id
    WHERE ${which}`

/** Of an event `e` and its ticket type `y`. */
const SALE_OVER = Prisma.sql`(e.status IN ('CANCELLED', 'DELETED') OR e.ends_at <= now() OR coalesce(y.sale_ends_at <= now(), false))`

/** Somebody who joins, with the settings of this moment. */
export interface NewEntry {
  id: string
  userId: string
  eventId: string
  ticketTypeId: string
  quantity: number
  settings: { MAX_OPEN_PLACES: number; WAITLIST_OFFER_SECONDS: number; WAITLIST_GATHER_SECONDS: number }
}

/** Somebody joins who is in the line already. */
export class WaitsAlready extends Error {}

/**
 * Puts somebody at the end of the line of a ticket type, provided that there is nothing of it to be had.
 * @returns whether there was nothing. @throws WaitsAlready.
 */
export async function insertWaitlistEntry(tx: Tx, entry: NewEntry): Promise<boolean> {
  const { settings } = entry
  const joined = await tx.$executeRaw`UPDATE ticket_types SET waiting = waiting + 1
    WHERE id = ${entry.ticketTypeId}::uuid AND (available = 0 OR waiting > 0)`
  if (joined === 0) return false
  await tx.$executeRaw`INSERT INTO waitlist_entries
      (id, user_id, event_id, ticket_type_id, quantity, open_limit, offer_seconds, gather_seconds)
    VALUES (${entry.id}::uuid, ${entry.userId}::uuid, ${entry.eventId}::uuid, ${entry.ticketTypeId}::uuid, ${entry.quantity}::int,
      ${settings.MAX_OPEN_PLACES}::int, ${settings.WAITLIST_OFFER_SECONDS}::int, ${settings.WAITLIST_GATHER_SECONDS}::int)`.catch(
    (error: unknown) => mapConstraintError(error, { waitlist_entries_one_open: () => new WaitsAlready() }),
  )
  return true
}

/** Takes an entry that waits out of the line, which is locked. */
export async function moveEntryToLeft(tx: Tx, { id, ticketTypeId }: WaitlistEntry): Promise<void> {
  const left = await tx.$executeRaw`UPDATE waitlist_entries SET status = 'LEFT', closed_at = now()
    WHERE id = ${id}::uuid AND status = 'WAITING'`
  if (left === 1)
    await tx.$executeRaw`UPDATE ticket_types SET waiting = waiting - 1 WHERE id = ${ticketTypeId}::uuid`
}

/** Whether people wait for any of the ticket types. */
export async function isWaitedFor(tx: Tx, ticketTypeIds: readonly string[]): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM ticket_types
    WHERE id = ANY(${ticketTypeIds}::uuid[]) AND waiting > 0 LIMIT 1`
  return rows.length > 0
}

/** Has what came back in this transaction offered now, and not at its end, so that it can be told of. */
export async function offerNow(tx: Tx): Promise<void> {
  await tx.$executeRaw`SET CONSTRAINTS ticket_types_offer_places, holds_follow_offer IMMEDIATE`
  await tx.$executeRaw`SET CONSTRAINTS ticket_types_offer_places, holds_follow_offer DEFERRED`
}

/** Ticket types that people wait for, by event, with what there is to do: offer what is available, or close the line. */
export const listWaitedFor = (
  db: Db,
  limit: number,
): Promise<{ id: string; eventId: string; over: boolean }[]> =>
  db.$queryRaw`SELECT y.id, y.event_id AS "eventId", ${SALE_OVER} AS over
    FROM ticket_types y JOIN event_copies e ON e.id = y.event_id
    WHERE y.waiting > 0 AND (y.available > 0 OR ${SALE_OVER}) ORDER BY y.id LIMIT ${limit}::int`

/** Offers what is available of a ticket type to those who wait for it. */
export async function offerPlaces(tx: Tx, ticketTypeId: string): Promise<void> {
  await tx.$queryRaw`SELECT id FROM ticket_types WHERE id = ${ticketTypeId}::uuid FOR NO KEY UPDATE`
  await tx.$executeRaw`SELECT offer_places(${ticketTypeId}::uuid)`
}

/** Closes the entries that still wait for a ticket type of which the sale is over. */
export async function closeLine(tx: Tx, ticketTypeId: string): Promise<void> {
  await tx.$queryRaw`SELECT id FROM ticket_types WHERE id = ${ticketTypeId}::uuid FOR NO KEY UPDATE`
  await tx.$executeRaw`WITH closed AS (
      UPDATE waitlist_entries w SET status = 'EXPIRED', closed_at = now() FROM ticket_types y JOIN event_copies e ON e.id = y.event_id
      WHERE w.ticket_type_id = ${ticketTypeId}::uuid AND y.id = w.ticket_type_id AND w.status = 'WAITING' AND ${SALE_OVER} RETURNING w.id
    )
    UPDATE ticket_types SET waiting = waiting - (SELECT count(*)::int FROM closed) WHERE id = ${ticketTypeId}::uuid`
}
