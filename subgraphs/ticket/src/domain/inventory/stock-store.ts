import { Prisma } from '../../generated/prisma/client.ts'
import { InventoryMismatch, type Tx } from '../database.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { SEAT_COLUMNS, type SeatRow, toSeat } from '../seat-map/seat-store.ts'

/** Places of one ticket type that move between its counters; what does not add up to 0 changes the quota. */
export interface StockMove {
  ticketTypeId: string
  sold: number
  held: number
  available: number
}

type Counter = 'sold' | 'held' | 'available'

/** The moves for items of a hold or booking, one per ticket type. */
export function stockMoves(
  items: readonly { ticketTypeId: string; quantity: number }[],
  from: Counter | null,
  to: Counter | null,
): StockMove[] {
  const moves = new Map<string, StockMove>()
  for (const { ticketTypeId, quantity } of items) {
    const move = moves.get(ticketTypeId) ?? { ticketTypeId, sold: 0, held: 0, available: 0 }
    if (from) move[from] -= quantity
    if (to) move[to] += quantity
    moves.set(ticketTypeId, move)
  }
  return [...moves.values()]
}

/**
 * Moves stock of general admission, all of it or none: a type that has not enough available, or has been given seats meanwhile, is
 * left alone. Rows are locked in id order.
 * @returns whether every move was made; when not, the caller must roll back (or have moved one type only).
 */
export async function moveStock(tx: Tx, moves: readonly StockMove[]): Promise<boolean> {
  return (await tx.$executeRaw(stockMoved(moves, Prisma.sql`NOT t.seated`))) === moves.length
}

/** A statement that moves stock `t`, without what it gives. @param when what must be true besides. */
export function stockMoved(moves: readonly StockMove[], when: Prisma.Sql): Prisma.Sql {
  const ids = moves.map((move) => move.ticketTypeId)
  return Prisma.sql`
    WITH delta AS (
      SELECT * FROM unnest(${ids}::uuid[], ${moves.map((move) => move.sold)}::int[], ${moves.map((move) => move.held)}::int[],
        ${moves.map((move) => move.available)}::int[]) AS d(id, sold, held, available)
    ), locked AS (
      SELECT t.id FROM ticket_types t WHERE t.id = ANY(${ids}::uuid[]) ORDER BY t.id FOR NO KEY UPDATE
    )
    UPDATE ticket_types t SET sold = t.sold + d.sold, held = t.held + d.held, available = t.available + d.available,
      quota = t.quota + d.sold + d.held + d.available, version = t.version + 1
    FROM delta d JOIN locked l ON l.id = d.id
    WHERE t.id = d.id AND t.available + d.available >= 0 AND ${when}`
}

/** Locks the counters of ticket types. @returns what general admission has left of each: nothing, for a type with seats. */
export async function lockAvailable(tx: Tx, ticketTypeIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await tx.$queryRaw<
    { id: string; available: number }[]
  >`SELECT id, CASE WHEN seated THEN 0 ELSE available END AS available FROM ticket_types
    WHERE id = ANY(${ticketTypeIds}::uuid[]) ORDER BY id FOR NO KEY UPDATE`
  return new Map(rows.map((row) => [row.id, row.available]))
}

/**
 * Completes a change of seats, last in its transaction: moves their stock and gives the map and the seats the next revision. All
 * buyers of an event meet at these two rows, so they are locked in one statement, no earlier than must be, until the commit.
 * @returns the change, as watchers are told of it. @throws InventoryMismatch when stock and seats contradict each other.
 */
export async function moveStockOfSeats(
  tx: Tx,
  eventId: string,
  seatIds: readonly string[],
  moves: readonly StockMove[],
): Promise<SeatMapChange> {
  const ids = moves.map((move) => move.ticketTypeId)
  const rows = await tx.$queryRaw<(SeatRow & { revision: number })[]>`
    WITH delta AS (
      SELECT * FROM unnest(${ids}::uuid[], ${moves.map((move) => move.sold)}::int[], ${moves.map((move) => move.held)}::int[],
        ${moves.map((move) => move.available)}::int[]) AS d(id, sold, held, available)
    ), locked AS (
      SELECT t.id FROM ticket_types t WHERE t.id = ANY(${ids}::uuid[]) ORDER BY t.id FOR NO KEY UPDATE
    ), counted AS (
      UPDATE ticket_types t SET sold = t.sold + d.sold, held = t.held + d.held, available = t.available + d.available,
        quota = t.quota + d.sold + d.held + d.available, version = t.version + 1
      FROM delta d JOIN locked l ON l.id = d.id
      WHERE t.id = d.id AND t.available + d.available >= 0
      RETURNING t.id
    ), bumped AS (
      UPDATE seat_maps m SET revision = m.revision + 1 FROM (SELECT count(*) AS types FROM counted) c
      WHERE m.event_id = ${eventId}::uuid AND c.types = ${moves.length}
      RETURNING m.revision
    )
    UPDATE seats s SET revision = b.revision FROM bumped b, sections x
    WHERE s.id = ANY(${seatIds}::uuid[]) AND x.id = s.section_id
    RETURNING s.revision, ${SEAT_COLUMNS}`
  const [first] = rows
  if (!first || rows.length !== seatIds.length)
    throw new InventoryMismatch(`stock and seats of event ${eventId} disagree`)
  return {
    eventId,
    since: first.revision - 1,
    revision: first.revision,
    snapshot: false,
    seats: rows.map(toSeat),
  }
}

/**
 * Moves the stock of an event whose seats are drawn anew, with its ticket types locked.
 * @returns ids of those that have less available than would be taken away; the caller rolls back.
 */
export async function moveStockOfDrawing(tx: Tx, moves: readonly StockMove[]): Promise<string[]> {
  const ids = moves.map((move) => move.ticketTypeId)
  const moved = await tx.$queryRaw<{ id: string }[]>`
    UPDATE ticket_types t SET available = t.available + d.available, quota = t.quota + d.available, version = t.version + 1
    FROM unnest(${ids}::uuid[], ${moves.map((move) => move.available)}::int[]) AS d(id, available)
    WHERE t.id = d.id AND t.available + d.available >= 0 RETURNING t.id`
  const done = new Set(moved.map((row) => row.id))
  return ids.filter((id) => !done.has(id))
}

/** Notes the events to come of which a tenth at most is left, each once. @returns those that were not noted before, with how many places are left. */
export const insertAlmostSoldOut = (
  tx: Tx,
  limit: number,
): PromiseLike<{ eventId: string; left: number }[]> =>
  tx.$queryRaw`WITH few AS (
      SELECT type.event_id, sum(type.quota - type.sold)::int AS "left"
      FROM ticket_types type JOIN event_copies event ON event.id = type.event_id
      WHERE event.status = 'APPROVED' AND event.starts_at > now()
        AND NOT EXISTS (SELECT FROM almost_sold_out told WHERE told.event_id = event.id)
      GROUP BY type.event_id
      HAVING sum(type.quota - type.sold) > 0 AND sum(type.quota - type.sold) * 10 <= sum(type.quota)
      ORDER BY type.event_id LIMIT ${limit}
    ), noted AS (INSERT INTO almost_sold_out (event_id) SELECT event_id FROM few ON CONFLICT DO NOTHING RETURNING event_id)
    SELECT event_id AS "eventId", "left" FROM few JOIN noted USING (event_id)`
