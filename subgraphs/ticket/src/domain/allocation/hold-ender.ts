import type { Deps } from '../deps.ts'
import { type Batcher, createBatcher } from '@karcis/kit/group-commit'
import { publishSeats, publishStock } from '../live.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { moveSeats } from '../seat-map/seat-moves.ts'
import { lowerAllowances, moveStock, settleSeats, stockMoves, type Taking } from '../inventory/stock-store.ts'
import { BooksDisagree, isOnesFault, type Tx, transact } from '../database.ts'

/** Which holds end, and how. All of one event. */
export interface Ending {
  eventId: string
  holdIds: readonly string[]
  /** EXPIRED ends only what is past its time. */
  to: 'RELEASED' | 'EXPIRED'
  /** Leave alone what a booking has bound. */
  unboundOnly?: boolean
}

/** A line of a hold that has ended. */
interface EndedLine {
  hold_id: string
  user_id: string
  ticket_type_id: string
  seat_id: string | null
  quantity: number
}

const MAX_BATCH = 50

/** Ends holds of one event in one way; answers with the ids of those that ended now. */
export type HoldEnder = Batcher<Ending, string[]>

/** @param deps asked at each batch. */
export const createHoldEnder = (deps: () => Deps): HoldEnder =>
  createBatcher({
    maxBatch: MAX_BATCH,
    isOnesFault,
    async run(_, endings) {
      const [first] = endings
      if (!first) return []
      const holdIds = [...new Set(endings.flatMap((ending) => ending.holdIds))]
      const ended = await endTogether(deps(), { ...first, holdIds })
      return endings.map((ending) => ending.holdIds.filter((id) => ended.has(id)))
    },
  })

/**
 * Ends those of the holds that are still active, and frees their seats, stock and allowances. The lock on the hold's row decides
 * between this and a booking that turns it into tickets at the same moment: the second of them finds it no longer active.
 * Endings of one kind that wait share a transaction, for they meet at the rows of the event's stock and map.
 * @returns ids of the holds that ended now.
 */
export const endHolds = ({ holdEnder }: Deps, ending: Ending): Promise<string[]> =>
  holdEnder.submit(`${ending.eventId} ${ending.to} ${ending.unboundOnly ?? false}`, ending)

async function endTogether(deps: Deps, ending: Ending): Promise<Set<string>> {
  const { eventId } = ending
  const { lines, change } = await transact(deps.db, (tx) => end(tx, ending))
  if (change) publishSeats(deps, change)
  else if (lines.length > 0) publishStock(deps.news, eventId)
  const ended = Map.groupBy(lines, (line) => line.hold_id)
  for (const [holdId, items] of ended) {
    const seatIds = items.flatMap((line) => line.seat_id ?? [])
    if (seatIds.length > 0) deps.seatHints.release(eventId, seatIds, holdId)
  }
  return new Set(ended.keys())
}

async function end(
  tx: Tx,
  { eventId, holdIds, to, unboundOnly = false }: Ending,
): Promise<{ lines: EndedLine[]; change: SeatMapChange | null }> {
  const lines = await tx.$queryRaw<EndedLine[]>`
    WITH locked AS (
      SELECT id FROM holds WHERE id = ANY(${holdIds}::uuid[]) AND event_id = ${eventId}::uuid ORDER BY id FOR NO KEY UPDATE
    ), ended AS (
      UPDATE holds h SET status = ${to}, closed_at = now() FROM locked l
      WHERE h.id = l.id AND h.status = 'ACTIVE' AND (${to} <> 'EXPIRED' OR h.expires_at <= now())
        AND (NOT ${unboundOnly} OR h.booking_id IS NULL)
      RETURNING h.id, h.user_id
    )
    SELECT i.hold_id, e.user_id, i.ticket_type_id, i.seat_id, i.quantity FROM ended e JOIN hold_items i ON i.hold_id = e.id`
  if (lines.length === 0) return { lines, change: null }
  const seatIds = lines.flatMap((line) => line.seat_id ?? [])
  const freed =
    seatIds.length > 0
      ? await moveSeats(tx, { eventId, seatIds, from: 'HELD', to: 'AVAILABLE', fromHolds: holdIds })
      : []
  if (freed.length !== seatIds.length)
    throw new BooksDisagree(`a hold of event ${eventId} had lost its seats`)
  await lowerAllowances(tx, sumTakings(lines))
  const moves = stockMoves(lines.map(toLine), 'held', 'available')
  if (seatIds.length > 0) return { lines, change: await settleSeats(tx, eventId, seatIds, moves) }
  await moveStock(tx, moves)
  return { lines, change: null }
}

const toLine = (line: EndedLine) => ({ ticketTypeId: line.ticket_type_id, quantity: line.quantity })

function sumTakings(lines: readonly EndedLine[]): Taking[] {
  const sums = new Map<string, Taking>()
  for (const { user_id: userId, ticket_type_id: ticketTypeId, quantity } of lines) {
    const key = `${userId} ${ticketTypeId}`
    sums.set(key, { userId, ticketTypeId, quantity: quantity + (sums.get(key)?.quantity ?? 0) })
  }
  return [...sums.values()]
}
