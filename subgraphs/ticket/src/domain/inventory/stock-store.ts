import { toSeat, SEAT_COLUMNS, type SeatRow } from '../seat-map/seat-store.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { BooksDisagree, type Tx } from '../database.ts'

/** Places of one ticket type that move between its counters; what does not add up to 0 changes the quota. */
export interface StockMove {
  ticketTypeId: string
  sold: number
  held: number
  available: number
}

type Counter = 'sold' | 'held' | 'available'

/** Moves for lines of a hold or booking, one per ticket type. */
export function stockMoves(
  lines: readonly { ticketTypeId: string; quantity: number }[],
  from: Counter | null,
  to: Counter | null,
): StockMove[] {
  const moves = new Map<string, StockMove>()
  for (const { ticketTypeId, quantity } of lines) {
    const move = moves.get(ticketTypeId) ?? { ticketTypeId, sold: 0, held: 0, available: 0 }
    if (from) move[from] -= quantity
    if (to) move[to] += quantity
    moves.set(ticketTypeId, move)
  }
  return [...moves.values()]
}

/**
 * Moves stock of general admission, all of it or none: a type that has not enough available, or was given seats meanwhile, takes no
 * move. Rows are locked in id order.
 * @returns whether every move was made; when not, the caller must roll back (or have moved one type only).
 */
export async function moveStock(tx: Tx, moves: readonly StockMove[]): Promise<boolean> {
  const ids = moves.map((move) => move.ticketTypeId)
  const moved = await tx.$executeRaw`
    WITH delta AS (
      SELECT * FROM unnest(${ids}::uuid[], ${moves.map((move) => move.sold)}::int[], ${moves.map((move) => move.held)}::int[],
        ${moves.map((move) => move.available)}::int[]) AS d(id, sold, held, available)
    ), locked AS (
      SELECT t.id FROM ticket_types t WHERE t.id = ANY(${ids}::uuid[]) ORDER BY t.id FOR NO KEY UPDATE
    )
    UPDATE ticket_types t SET sold = t.sold + d.sold, held = t.held + d.held, available = t.available + d.available,
      quota = t.quota + d.sold + d.held + d.available, version = t.version + 1
    FROM delta d JOIN locked l ON l.id = d.id
    WHERE t.id = d.id AND t.available + d.available >= 0 AND NOT t.seated`
  return moved === moves.length
}

/**
 * Ends a change set of seats, last in its transaction: moves the stock and gives map and seats the next revision. Both rows are
 * what every buyer of an event meets at, so they are taken in one statement and locked for as long as a commit takes.
 */
export async function settleSeats(
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
  // Seats and counters always move together.
  if (!first || rows.length !== seatIds.length)
    throw new BooksDisagree(`stock and seats of event ${eventId} disagree`)
  return {
    eventId,
    since: first.revision - 1,
    revision: first.revision,
    snapshot: false,
    seats: rows.map(toSeat),
  }
}

/** Places of a ticket type that a user takes or gives back. */
export interface Taking {
  userId: string
  ticketTypeId: string
  quantity: number
}

/**
 * Raises what users have of ticket types, each only within the type's maxPerUser; a user and type come at most once.
 * @returns those that were within it.
 */
export async function raiseAllowances<T extends Taking>(tx: Tx, takings: readonly T[]): Promise<T[]> {
  const rows = await tx.$queryRaw<{ user_id: string; ticket_type_id: string }[]>`
    INSERT INTO allowances (user_id, ticket_type_id, taken)
    SELECT w.user_id, w.type_id, w.quantity
    FROM unnest(${takings.map((taking) => taking.userId)}::uuid[], ${takings.map((taking) => taking.ticketTypeId)}::uuid[],
      ${takings.map((taking) => taking.quantity)}::int[]) AS w(user_id, type_id, quantity)
    JOIN ticket_types t ON t.id = w.type_id
    WHERE w.quantity <= coalesce(t.max_per_user, w.quantity)
    ORDER BY w.user_id, w.type_id
    ON CONFLICT (user_id, ticket_type_id) DO UPDATE SET taken = allowances.taken + EXCLUDED.taken
    WHERE allowances.taken + EXCLUDED.taken <= coalesce(
      (SELECT t.max_per_user FROM ticket_types t WHERE t.id = EXCLUDED.ticket_type_id), allowances.taken + EXCLUDED.taken)
    RETURNING user_id, ticket_type_id`
  const within = new Set(rows.map((row) => `${row.user_id} ${row.ticket_type_id}`))
  return takings.filter((taking) => within.has(`${taking.userId} ${taking.ticketTypeId}`))
}

/** Gives back what users had of ticket types, as when a hold ends. */
export async function lowerAllowances(tx: Tx, takings: readonly Taking[]): Promise<void> {
  await tx.$executeRaw`
    WITH back AS (
      SELECT * FROM unnest(${takings.map((taking) => taking.userId)}::uuid[], ${takings.map((taking) => taking.ticketTypeId)}::uuid[],
        ${takings.map((taking) => taking.quantity)}::int[]) AS b(user_id, type_id, quantity)
    ), locked AS (
      SELECT a.user_id, a.ticket_type_id FROM allowances a JOIN back b ON b.user_id = a.user_id AND b.type_id = a.ticket_type_id
      ORDER BY a.user_id, a.ticket_type_id FOR NO KEY UPDATE OF a
    )
    UPDATE allowances a SET taken = a.taken - b.quantity
    FROM back b JOIN locked l ON l.user_id = b.user_id AND l.ticket_type_id = b.type_id
    WHERE a.user_id = b.user_id AND a.ticket_type_id = b.type_id`
}

/** What the lines of one user come to, by ticket type. */
export function takings(
  userId: string,
  lines: readonly { ticketTypeId: string; quantity: number }[],
): Taking[] {
  return stockMoves(lines, null, 'held').map(({ ticketTypeId, held }) => ({
    userId,
    ticketTypeId,
    quantity: held,
  }))
}
