import type { Deps } from '../deps.ts'
import { type Batcher, createBatcher } from '@karcis/kit/group-commit'
import { SeatsUnavailable } from '../errors.ts'
import { type Hold, overUserLimit } from './hold.ts'
import { insertHolds } from './hold-store.ts'
import { publishSeats } from '../live.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { missingFrom, moveSeats, putBackSeats } from '../seat-map/seat-moves.ts'
import {
  lowerAllowances,
  raiseAllowances,
  settleSeats,
  stockMoves,
  takings,
} from '../inventory/stock-store.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { isOnesFault, type Tx, transact } from '../database.ts'

/** Every hold of an event ends with the rows of its stock and map locked until the commit is durable: one commit serves many. */
const MAX_BATCH = 50

/** Seats of one event that somebody wants, all of them or none. */
export interface SeatWish {
  /** Of the hold to be made. */
  holdId: string
  userId: string
  bookingId: string | null
  seats: readonly { id: string; ticketTypeId: string }[]
  types: ReadonlyMap<string, TicketType>
}

/**
 * Holds seats, event by event.
 * @throws SeatsUnavailable with those that were not free; LimitExceeded over a type's maxPerUser.
 */
export type SeatTaker = Batcher<SeatWish, Hold>

/** @param deps asked at each batch. */
export const createSeatTaker = (deps: () => Deps): SeatTaker =>
  createBatcher({
    maxBatch: MAX_BATCH,
    // One row per user and type in a multi-row upsert.
    distinct: (wish) => wish.userId,
    isOnesFault,
    run: (eventId, wishes) => takeBatch(deps(), eventId, wishes),
  })

type Outcomes = Map<SeatWish, Hold | Error>

/**
 * Serves wishes in the order of their coming. Of those that want the same seat the first goes into the transaction; the others
 * are refused when it, or somebody elsewhere, has the seat, and have their turn when it is free after all.
 */
async function takeBatch(deps: Deps, eventId: string, wishes: SeatWish[]): Promise<(Hold | Error)[]> {
  const outcomes: Outcomes = new Map()
  const gone = new Set<string>()
  let open = wishes
  while (open.length > 0) {
    const first = withoutRivals(open)
    const taken = await takeTogether(deps, eventId, first)
    for (const [wish, outcome] of taken.outcomes) outcomes.set(wish, outcome)
    for (const id of taken.gone) gone.add(id)
    for (const rival of open) {
      const lost = seatIdsOf(rival).filter((id) => gone.has(id))
      if (lost.length > 0 && !outcomes.has(rival)) outcomes.set(rival, new SeatsUnavailable(lost))
    }
    open = open.filter((wish) => !outcomes.has(wish))
  }
  return wishes.map((wish) => outcomes.get(wish) ?? new Error('a wish got no answer'))
}

/** The wishes that want no seat which another before them wants. */
function withoutRivals(wishes: readonly SeatWish[]): SeatWish[] {
  const wanted = new Set<string>()
  return wishes.filter((wish) => {
    const ids = seatIdsOf(wish)
    const isFirst = !ids.some((id) => wanted.has(id))
    for (const id of ids) wanted.add(id)
    return isFirst
  })
}

/** What a transaction came to. */
interface Taken {
  outcomes: Outcomes
  /** Seats that are somebody's now: of the wishes that were granted, and those that were not to be had. */
  gone: string[]
  change: SeatMapChange | null
}

/** Rolls a transaction back in which nobody got anything. */
class NothingTaken extends Error {
  readonly taken: Taken
  constructor(taken: Taken) {
    super('nothing taken')
    this.taken = taken
  }
}

/** Holds the seats of wishes that share none, in one transaction, and tells of them as one change. */
async function takeTogether(deps: Deps, eventId: string, wishes: readonly SeatWish[]): Promise<Taken> {
  try {
    const taken = await transact(deps.db, (tx) => take(tx, eventId, wishes, deps.settings.HOLD_SECONDS))
    if (taken.change) publishSeats(deps, taken.change)
    return taken
  } catch (error) {
    if (error instanceof NothingTaken) return error.taken
    throw error
  }
}

async function take(tx: Tx, eventId: string, wishes: readonly SeatWish[], seconds: number): Promise<Taken> {
  const outcomes: Outcomes = new Map()
  const seatIds = wishes.flatMap(seatIdsOf)
  const won = await moveSeats(tx, {
    eventId,
    seatIds,
    from: 'AVAILABLE',
    to: 'HELD',
    holds: { ids: wishes.flatMap((wish) => wish.seats.map(() => wish.holdId)), seconds },
  })
  const gone = missingFrom(seatIds, won)
  for (const wish of wishes) {
    const missing = missingFrom(seatIdsOf(wish), won)
    if (missing.length > 0) outcomes.set(wish, new SeatsUnavailable(missing))
  }
  const seated = wishes.filter((wish) => !outcomes.has(wish))
  const wanted = seated.flatMap((wish) =>
    takings(wish.userId, linesOf(wish)).map((taking) => ({ ...taking, wish })),
  )
  const within = seated.length > 0 ? await raiseAllowances(tx, wanted) : []
  for (const { wish, ticketTypeId } of missingFrom(wanted, within))
    outcomes.set(wish, overUserLimit(wish.types.get(ticketTypeId)?.maxPerUser ?? 0))

  const granted = seated.filter((wish) => !outcomes.has(wish))
  if (granted.length === 0) throw new NothingTaken({ outcomes, gone, change: null })
  const heldIds = granted.flatMap(seatIdsOf)
  if (granted.length < wishes.length) {
    // A wish is granted whole or not at all: what a refused one had won is as if it had never been.
    await putBackSeats(tx, missingFrom(won, heldIds))
    await lowerAllowances(
      tx,
      within.filter(({ wish }) => outcomes.has(wish)),
    )
  }
  const holds = granted.map((wish) => {
    const { holdId: id, userId, bookingId } = wish
    return { id, userId, eventId, bookingId, items: linesOf(wish) }
  })
  for (const [at, hold] of (await insertHolds(tx, holds, seconds)).entries())
    outcomes.set(granted[at] as SeatWish, hold)
  const moves = stockMoves(granted.flatMap(linesOf), 'available', 'held')
  return { outcomes, gone: [...gone, ...heldIds], change: await settleSeats(tx, eventId, heldIds, moves) }
}

const seatIdsOf = (wish: SeatWish): string[] => wish.seats.map((seat) => seat.id)

const linesOf = (wish: SeatWish) =>
  wish.seats.map(({ id, ticketTypeId }) => ({ ticketTypeId, seatId: id, quantity: 1 }))
