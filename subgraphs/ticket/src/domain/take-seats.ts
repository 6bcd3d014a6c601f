import { newId } from '@karcis/kit/ids'
import type { Deps } from '../context.ts'
import { SeatsUnavailable } from './errors.ts'
import { overUserLimit } from './hold.ts'
import { insertHolds } from './hold-store.ts'
import { publishSeats } from './news.ts'
import type { SeatMapChange } from './seat.ts'
import { missingFrom, moveSeats } from './seat-moves.ts'
import { raiseAllowances, settleSeats, stockMoves, takings } from './stock-store.ts'
import type { TicketType } from './ticket-type.ts'
import { type Tx, transact } from './tx.ts'

/** Seats that somebody wants, all of them or none. */
export interface SeatWish {
  userId: string
  eventId: string
  bookingId: string | null
  seats: readonly { id: string; ticketTypeId: string }[]
  types: ReadonlyMap<string, TicketType>
}

/**
 * Runs `take` while the seats are claimed in Redis; losers of a rush leave there. A take that fails gives the claim back.
 * @param take gets the id of the hold to make. @throws SeatsUnavailable with the seats that somebody else has.
 */
export async function withClaim(
  { seatHints, settings }: Deps,
  eventId: string,
  seatIds: readonly string[],
  take: (holdId: string) => Promise<void>,
): Promise<string> {
  const holdId = newId()
  const started = performance.now()
  const taken = await seatHints.claim(eventId, seatIds, holdId)
  if (taken.length > 0) throw new SeatsUnavailable(taken)
  try {
    await take(holdId)
  } catch (error) {
    seatHints.release(eventId, seatIds, holdId)
    throw error
  }
  // Never longer than the hold itself: its time runs from a moment after `started`.
  seatHints.confirm(eventId, seatIds, holdId, settings.HOLD_SECONDS * 1000 - (performance.now() - started))
  return holdId
}

/**
 * Holds seats in one transaction and tells of it.
 * @throws SeatsUnavailable with those that were not free; LimitExceeded over a type's maxPerUser.
 */
export async function takeSeats(deps: Deps, holdId: string, wish: SeatWish): Promise<void> {
  const change = await transact(deps.db, (tx) => take(tx, holdId, wish, deps.settings.HOLD_SECONDS))
  publishSeats(deps, change)
}

async function take(tx: Tx, holdId: string, wish: SeatWish, seconds: number): Promise<SeatMapChange> {
  const { userId, eventId, bookingId, types } = wish
  const seatIds = wish.seats.map((seat) => seat.id)
  const won = await moveSeats(tx, {
    eventId,
    seatIds,
    from: 'AVAILABLE',
    to: 'HELD',
    hold: { id: holdId, seconds },
  })
  if (won.length !== seatIds.length) throw new SeatsUnavailable(missingFrom(seatIds, won))

  const items = wish.seats.map(({ id, ticketTypeId }) => ({ ticketTypeId, seatId: id, quantity: 1 }))
  await insertHolds(tx, [{ id: holdId, userId, eventId, bookingId, items }], seconds)
  const wanted = takings(userId, items)
  const within = await raiseAllowances(tx, wanted)
  const over = wanted.find((taking) => !within.includes(taking))
  if (over) throw overUserLimit(types.get(over.ticketTypeId)?.maxPerUser ?? 0)
  return settleSeats(tx, eventId, seatIds, stockMoves(items, 'available', 'held'))
}
