import { refusalOf } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { requireService, requireViewer } from '@karcis/kit/viewer'
import type { Context } from '../deps.ts'
import { HoldExpired } from '../errors.ts'
import { type BoundHold, requireOwnHold } from '../allocation/hold.ts'
import { boundHold, holdsById } from '../allocation/hold-store.ts'
import { requireId } from '../input.ts'
import { publishSeats } from '../live.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { moveSeats } from '../seat-map/seat-moves.ts'
import { settleSeats } from '../inventory/stock-store.ts'
import { type Tx, transact } from '../database.ts'

/**
 * Binds the viewer's active hold to a booking and renews it, once, to a full payment window. For booking only; repeating it gives
 * the same answer, whatever became of the hold in between.
 * @throws NotFound (not the viewer's), HoldExpired, Conflict (the hold has another booking, or the booking another hold).
 */
export async function bindHold(
  { deps, ...scope }: Context,
  holdId: string,
  bookingId: string,
): Promise<BoundHold> {
  requireService(scope, 'booking')
  const viewer = requireViewer(scope)
  requireId(holdId, 'holdId')
  requireId(bookingId, 'bookingId')
  const seconds = deps.settings.HOLD_SECONDS
  const started = performance.now()
  try {
    const change = await transact(deps.db, (tx) => bind(tx, holdId, bookingId, viewer.id, seconds))
    if (change === 'not bound') {
      const hold = requireOwnHold((await holdsById(deps.db, [holdId]))[0], holdId, viewer)
      if (hold.bookingId === null) throw new HoldExpired(holdId)
      if (hold.bookingId !== bookingId) throw new Conflict('Another booking has this hold.', { holdId })
    } else if (change) {
      publishSeats(deps, change)
      const seatIds = change.seats.map((seat) => seat.id)
      deps.seatHints.confirm(change.eventId, seatIds, holdId, seconds * 1000 - (performance.now() - started))
    }
  } catch (error) {
    if (refusalOf(error).constraint !== 'holds_booking_once') throw error
    throw new Conflict('This booking holds something else already.', { bookingId })
  }
  return boundHold(deps.db, holdId)
}

async function bind(
  tx: Tx,
  holdId: string,
  bookingId: string,
  userId: string,
  seconds: number,
): Promise<SeatMapChange | null | 'not bound'> {
  const lines = await tx.$queryRaw<{ event_id: string; seat_id: string | null }[]>`
    WITH bound AS (
      UPDATE holds SET booking_id = ${bookingId}::uuid, expires_at = now() + make_interval(secs => ${seconds}::int)
      WHERE id = ${holdId}::uuid AND user_id = ${userId}::uuid AND status = 'ACTIVE' AND expires_at > now() AND booking_id IS NULL
      RETURNING id, event_id, expires_at
    ), job AS MATERIALIZED (
      SELECT b.id, b.event_id, (graphile_worker.add_job('expire-hold', payload => json_build_object('holdId', b.id),
        run_at => b.expires_at, job_key => 'expire-hold:' || b.id, max_attempts => 25)).id AS job_id
      FROM bound b
    )
    SELECT j.event_id, i.seat_id FROM job j JOIN hold_items i ON i.hold_id = j.id`
  const [first] = lines
  if (!first) return 'not bound'
  const eventId = first.event_id
  const seatIds = lines.flatMap((line) => line.seat_id ?? [])
  if (seatIds.length === 0) return null
  // The seats' own time is what watchers see: it moves with the hold's.
  const renewed = await moveSeats(tx, {
    eventId,
    seatIds,
    from: 'HELD',
    to: 'HELD',
    fromHolds: [holdId],
    holds: { ids: seatIds.map(() => holdId), seconds },
  })
  if (renewed.length !== seatIds.length) throw new Error(`hold ${holdId} had lost its seats`)
  return settleSeats(tx, eventId, seatIds, [])
}
