import { transaction } from '@karcis/kit/database'
import { AGAIN, createGroupCommit, type GroupCommit } from '@karcis/kit/group-commit'
import { type Db, mayBeOneRequestsFault, type Tx } from '../database.ts'
import { SeatsUnavailable } from '../errors.ts'
import { lowerUsage, raiseUsage, usageChanges } from '../inventory/allowance-store.ts'
import { moveStockOfSeats, stockMoves } from '../inventory/stock-store.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { type LiveChanges, publishChange } from '../live.ts'
import { missingFrom, type SeatMapChange } from '../seat-map/seat.ts'
import { moveSeats, moveSeatsBack } from '../seat-map/seat-store.ts'
import { type Hold, type HoldOwner, overUserLimit } from './hold.ts'
import { insertHolds } from './hold-store.ts'

/** Every hold of an event ends with the rows of its stock and map locked until the commit is durable: one commit serves many. */
const MAX_BATCH = 50

/** Seats of one event that somebody wants, all of them or none. */
export interface SeatRequest extends HoldOwner {
  /** Of the hold to be made. */
  holdId: string
  seats: readonly { id: string; ticketTypeId: string }[]
  types: ReadonlyMap<string, TicketType>
}

/**
 * Holds seats, event by event.
 * @throws SeatsUnavailable with those that were not free; LimitExceeded over a type's maxPerUser; BookingHoldsAlready.
 */
export type SeatAllocator = GroupCommit<SeatRequest, Hold>

interface SeatAllocatorDeps {
  db: Db
  live: LiveChanges
  settings: { HOLD_SECONDS: number }
}

/** @param deps asked for at each batch. */
export const createSeatAllocator = (deps: () => SeatAllocatorDeps): SeatAllocator =>
  createGroupCommit({
    maxBatch: MAX_BATCH,
    // One row per user and type in a multi-row upsert.
    distinct: (request) => request.userId,
    retryAlone: mayBeOneRequestsFault,
    run: (eventId, requests) => allocateBatch(deps(), eventId, requests),
  })

type Outcomes = Map<SeatRequest, Hold | Error>

/**
 * Serves requests in order of arrival. Of those that want the same seat, the first goes into the transaction; the others are
 * refused when that one, or somebody elsewhere, gets the seat, and come again when it is free after all.
 */
async function allocateBatch(
  deps: SeatAllocatorDeps,
  eventId: string,
  requests: SeatRequest[],
): Promise<(Hold | Error | typeof AGAIN)[]> {
  const { outcomes, gone } = await allocateTogether(deps, eventId, withoutRivals(requests))
  return requests.map((request) => {
    const lost = seatIdsOf(request).filter((id) => gone.has(id))
    return outcomes.get(request) ?? (lost.length > 0 ? new SeatsUnavailable(lost) : AGAIN)
  })
}

/** The requests that want no seat that an earlier one wants. */
function withoutRivals(requests: readonly SeatRequest[]): SeatRequest[] {
  const wanted = new Set<string>()
  return requests.filter((request) => {
    const ids = seatIdsOf(request)
    const isFirst = !ids.some((id) => wanted.has(id))
    for (const id of ids) wanted.add(id)
    return isFirst
  })
}

/** The outcome of a transaction. */
interface Allocation {
  outcomes: Outcomes
  /** Seats that are taken now: those of granted requests, and those that had been taken before. */
  gone: ReadonlySet<string>
  change: SeatMapChange | null
}

/** Rolls back a transaction in which nobody got anything. */
class NothingAllocated extends Error {
  readonly allocation: Allocation
  constructor(allocation: Allocation) {
    super('nothing allocated')
    this.allocation = allocation
  }
}

/** Holds the seats of requests that share none, in one transaction, and publishes them as one change. */
async function allocateTogether(
  { db, live, settings }: SeatAllocatorDeps,
  eventId: string,
  requests: readonly SeatRequest[],
): Promise<Allocation> {
  try {
    const allocation = await transaction(db, (tx) => allocate(tx, eventId, requests, settings.HOLD_SECONDS))
    publishChange(live, eventId, allocation.change)
    return allocation
  } catch (error) {
    if (error instanceof NothingAllocated) return error.allocation
    throw error
  }
}

async function allocate(
  tx: Tx,
  eventId: string,
  requests: readonly SeatRequest[],
  seconds: number,
): Promise<Allocation> {
  const outcomes: Outcomes = new Map()
  const seatIds = requests.flatMap(seatIdsOf)
  const won = await moveSeats(tx, {
    eventId,
    seatIds,
    from: 'AVAILABLE',
    to: 'HELD',
    holds: { ids: requests.flatMap((request) => request.seats.map(() => request.holdId)), seconds },
  })
  const gone = missingFrom(seatIds, won)
  for (const request of requests) {
    const missing = missingFrom(seatIdsOf(request), won)
    if (missing.length > 0) outcomes.set(request, new SeatsUnavailable(missing))
  }
  const seated = requests.filter((request) => !outcomes.has(request))
  const wanted = seated.flatMap((request) =>
    usageChanges(itemsOf(request)).map((change) => ({ ...change, request })),
  )
  const within = seated.length > 0 ? await raiseUsage(tx, wanted) : []
  for (const { request, ticketTypeId } of missingFrom(wanted, within))
    outcomes.set(request, overUserLimit(request.types.get(ticketTypeId)?.maxPerUser ?? 0))

  const granted = seated.filter((request) => !outcomes.has(request))
  if (granted.length === 0) throw new NothingAllocated({ outcomes, gone: new Set(gone), change: null })
  const heldIds = granted.flatMap(seatIdsOf)
  if (granted.length < requests.length) {
    // A request is granted whole or not at all: what a refused one had won is undone without a trace.
    await moveSeatsBack(tx, missingFrom(won, heldIds))
    await lowerUsage(
      tx,
      within.filter(({ request }) => outcomes.has(request)),
    )
  }
  const holds = granted.map((request) => {
    const { holdId: id, userId, bookingId } = request
    return { id, userId, eventId, bookingId, items: itemsOf(request) }
  })
  for (const [at, hold] of (await insertHolds(tx, holds, seconds)).entries())
    outcomes.set(granted[at] as SeatRequest, hold)
  const moves = stockMoves(granted.flatMap(itemsOf), 'available', 'held')
  const change = await moveStockOfSeats(tx, eventId, heldIds, moves)
  return { outcomes, gone: new Set([...gone, ...heldIds]), change }
}

const seatIdsOf = (request: SeatRequest): string[] => request.seats.map((seat) => seat.id)

const itemsOf = ({ userId, seats }: SeatRequest) =>
  seats.map(({ id, ticketTypeId }) => ({ userId, ticketTypeId, seatId: id, quantity: 1 }))
