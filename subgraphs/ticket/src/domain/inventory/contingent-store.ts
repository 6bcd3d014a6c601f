import { newId } from '@karcis/kit/ids'
import { type Connection, type KeysetPage, newestFirst } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { SEAT_COLUMNS, type SeatRow, toSeat } from '../seat-map/seat-store.ts'
import type { Seat } from '../seat-map/seat.ts'

/** Places of an event that its organizer keeps out of public sale, or has kept. */
export interface Contingent {
  id: string
  eventId: string
  /** Of general admission; null for seats. */
  ticketTypeId: string | null
  name: string
  /** How many were held back, and how many of them have not been released. */
  count: number
  left: number
  createdAt: Date
}

export type ContingentPage = Connection<Contingent>

const COLUMNS = Prisma.sql`c.id, c.event_id AS "eventId", c.ticket_type_id AS "ticketTypeId", c.name, c.quantity AS count, c.kept AS "left",
  c.created_at AS "createdAt"`

/** One contingent; null when there is none of this id. */
export async function findContingent(db: Db | Tx, id: string): Promise<Contingent | null> {
  const [row] = await db.$queryRaw<
    Contingent[]
  >`SELECT ${COLUMNS} FROM contingents c WHERE c.id = ${id}::uuid`
  return row ?? null
}

/** The contingents of an event, newest first. */
export const CONTINGENTS_OF_EVENT = newestFirst<Contingent>('contingents of an event', Prisma.sql`c.id`)

export const listContingents = (
  db: Db,
  eventId: string,
  { where, tail }: KeysetPage,
): PromiseLike<Contingent[]> =>
  db.$queryRaw<
    Contingent[]
  >`SELECT ${COLUMNS} FROM contingents c WHERE c.event_id = ${eventId}::uuid AND ${where} ${tail}`

export const countContingents = (db: Db, eventId: string): Promise<number> =>
  db.contingent.count({ where: { eventId } })

/** The seats that contingents keep, by contingent, section by section, row by row. */
export async function findSeatsOfContingents(db: Db, ids: readonly string[]): Promise<Map<string, Seat[]>> {
  const rows = await db.$queryRaw<(SeatRow & { contingent_id: string })[]>`
    SELECT s.contingent_id, ${SEAT_COLUMNS} FROM seats s JOIN sections x ON x.id = s.section_id
    WHERE s.contingent_id = ANY(${ids}::uuid[]) ORDER BY x.ordinal, s.row_index, s.position`
  const seats = Map.groupBy(rows, (row) => row.contingent_id)
  return new Map([...seats].map(([id, some]) => [id, some.map(toSeat)]))
}

/** Ids of the seats of an event that contingents keep. */
export async function findHeldBack(db: Db, eventId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT s.id FROM contingents c JOIN seats s ON s.contingent_id = c.id
    WHERE c.event_id = ${eventId}::uuid AND c.ticket_type_id IS NULL AND c.kept > 0`
  return rows.map(({ id }) => id)
}

/** Writes a contingent that keeps all of what it is of. @returns its id. */
export async function insertContingent(
  tx: Tx,
  contingent: Pick<Contingent, 'eventId' | 'ticketTypeId' | 'name' | 'count'>,
): Promise<string> {
  const { count, ...rest } = contingent
  const id = newId()
  await tx.contingent.create({ data: { ...rest, id, quantity: count, kept: count } })
  return id
}

/** Has a contingent keep so many fewer. @returns whether it kept as many. */
export async function lowerContingent(tx: Tx, id: string, by: number): Promise<boolean> {
  const lowered =
    await tx.$executeRaw`UPDATE contingents SET kept = kept - ${by}::int WHERE id = ${id}::uuid AND kept >= ${by}::int`
  return lowered === 1
}

/** Locks a contingent: whoever releases some of it at the same time comes after. @returns how many it keeps; null when it is not there. */
export async function lockContingent(tx: Tx, id: string): Promise<number | null> {
  const [row] = await tx.$queryRaw<
    { kept: number }[]
  >`SELECT kept FROM contingents WHERE id = ${id}::uuid FOR NO KEY UPDATE`
  return row?.kept ?? null
}

/** A seat, with what it is sold as. */
export interface TypedSeat {
  id: string
  ticketTypeId: string
}

/** Gives those of the seats that are free to a contingent, locked in id order. @returns those that were. */
export const moveSeatsToContingent = (
  tx: Tx,
  eventId: string,
  contingentId: string,
  seatIds: readonly string[],
): PromiseLike<TypedSeat[]> =>
  tx.$queryRaw<TypedSeat[]>`
    WITH wanted AS (
      SELECT id FROM seats WHERE id = ANY(${seatIds}::uuid[]) AND event_id = ${eventId}::uuid ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE seats s SET status = 'BLOCKED', contingent_id = ${contingentId}::uuid, version = s.version + 1 FROM wanted w
    WHERE s.id = w.id AND s.status = 'AVAILABLE' RETURNING s.id, s.ticket_type_id AS "ticketTypeId"`

/** Frees seats that a contingent keeps, locked in id order. @param seatIds which of them; null: all. @returns those that it kept. */
export const moveSeatsFromContingent = (
  tx: Tx,
  contingentId: string,
  seatIds: readonly string[] | null,
): PromiseLike<TypedSeat[]> =>
  tx.$queryRaw<TypedSeat[]>`
    WITH wanted AS (
      SELECT id FROM seats WHERE contingent_id = ${contingentId}::uuid AND (${seatIds}::uuid[] IS NULL OR id = ANY(${seatIds}::uuid[]))
      ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE seats s SET status = 'AVAILABLE', contingent_id = NULL, version = s.version + 1 FROM wanted w
    WHERE s.id = w.id AND s.contingent_id = ${contingentId}::uuid RETURNING s.id, s.ticket_type_id AS "ticketTypeId"`

/**
 * Says how many of the held places of ticket types contingents keep, more or fewer than before; their rows are locked in id order. To be called
 * after the stock was raised, or before it is lowered.
 */
export async function moveHeldBack(
  tx: Tx,
  moves: readonly { ticketTypeId: string; held: number }[],
): Promise<void> {
  const ids = moves.map((move) => move.ticketTypeId)
  await tx.$executeRaw`
    WITH locked AS (SELECT id FROM ticket_types WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE)
    UPDATE ticket_types t SET held_back = t.held_back + d.held
    FROM locked l JOIN unnest(${ids}::uuid[], ${moves.map((move) => move.held)}::int[]) AS d(id, held) ON d.id = l.id
    WHERE t.id = d.id`
}
