import type { SeatStatus } from './seat.ts'
import type { Tx } from './tx.ts'

/** Seats of one event that change their status together. */
export interface SeatMove {
  eventId: string
  seatIds: readonly string[]
  from: SeatStatus
  to: SeatStatus
  /** The holds that must have them now; for `from: 'HELD'` only. */
  fromHolds?: readonly string[]
  /** Who has them next; for `to: 'HELD'` only. Until then counts from the start of the transaction. */
  hold?: { id: string; seconds: number }
}

/**
 * Moves those of the seats that are as `from` says, locked in id order: two moves that overlap wait for each other and never
 * block each other. The caller compares what was moved with what it wanted, and rolls back when it wants all or none.
 * @returns ids of the seats that were moved.
 */
export async function moveSeats(tx: Tx, move: SeatMove): Promise<string[]> {
  const { eventId, seatIds, from, to, fromHolds = null, hold = null } = move
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH wanted AS (
      SELECT id FROM seats WHERE id = ANY(${seatIds}::uuid[]) AND event_id = ${eventId}::uuid ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE seats s SET status = ${to}, hold_id = ${hold?.id ?? null}::uuid,
      held_until = now() + make_interval(secs => ${hold?.seconds ?? null}::int), version = s.version + 1
    FROM wanted w
    WHERE s.id = w.id AND s.status = ${from} AND (${fromHolds}::uuid[] IS NULL OR s.hold_id = ANY(${fromHolds}::uuid[]))
    RETURNING s.id`
  return rows.map((row) => row.id)
}

/** Those of `wanted` that are not among `got`. */
export function missingFrom(wanted: readonly string[], got: readonly string[]): string[] {
  const have = new Set(got)
  return wanted.filter((id) => !have.has(id))
}
