import type { SeatStatus } from './seat.ts'
import type { Tx } from '../database.ts'

/** Seats of one event that change their status together. */
export interface SeatMove {
  eventId: string
  seatIds: readonly string[]
  from: SeatStatus
  to: SeatStatus
  /** The holds that must have them now; for `from: 'HELD'` only. */
  fromHolds?: readonly string[]
  /** Who has each of them next, seat by seat; for `to: 'HELD'` only. The seconds count from the start of the transaction. */
  holds?: { ids: readonly string[]; seconds: number }
}

/**
 * Moves those of the seats that are as `from` says, locked in id order: two moves that overlap wait for each other and never
 * block each other. The caller compares what was moved with what it wanted, and rolls back when it wants all or none.
 * @returns ids of the seats that were moved.
 */
export async function moveSeats(tx: Tx, move: SeatMove): Promise<string[]> {
  const { eventId, seatIds, from, to, fromHolds = null, holds = null } = move
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH wanted AS (
      SELECT id FROM seats WHERE id = ANY(${seatIds}::uuid[]) AND event_id = ${eventId}::uuid ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE seats s SET status = ${to}, hold_id = n.hold_id,
      held_until = now() + make_interval(secs => ${holds?.seconds ?? null}::int), version = s.version + 1
    FROM wanted w JOIN unnest(${seatIds}::uuid[], ${holds?.ids ?? []}::uuid[]) AS n(id, hold_id) ON n.id = w.id
    WHERE s.id = w.id AND s.status = ${from} AND (${fromHolds}::uuid[] IS NULL OR s.hold_id = ANY(${fromHolds}::uuid[]))
    RETURNING s.id`
  return rows.map((row) => row.id)
}

/** Undoes a move from AVAILABLE to HELD in its own transaction: nobody has seen it, and no version tells of it. */
export async function putBackSeats(tx: Tx, seatIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`UPDATE seats SET status = 'AVAILABLE', hold_id = NULL, held_until = NULL, version = version - 1
    WHERE id = ANY(${seatIds}::uuid[])`
}

/** Those of `wanted` that are not among `got`. */
export function missingFrom<T>(wanted: readonly T[], got: readonly T[]): T[] {
  const have = new Set(got)
  return wanted.filter((id) => !have.has(id))
}
