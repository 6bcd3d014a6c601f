import { transaction } from '@karcis/kit/database'
import { AGAIN, createGroupCommit, type GroupCommit, mayBeOneRequestsFault } from '@karcis/kit/group-commit'
import type { Tx } from '../database.ts'
import { SeatsUnavailable, SoldOut } from '../errors.ts'
import { lowerUsage, raiseUsage, usageChanges } from '../inventory/allowance-store.ts'
import { lowerOpenPlaces, openPlacesChanges, raiseOpenPlaces } from '../inventory/open-places-store.ts'
import { lockAvailable, moveStock, moveStockOfSeats, stockMoves } from '../inventory/stock-store.ts'
import { type LiveChanges, publishChange } from '../live.ts'
import { missingFrom, type SeatMapChange } from '../seat-map/seat.ts'
import { moveSeats, moveSeatsBack } from '../seat-map/seat-store.ts'
import type { Hold, HoldOwner } from './hold.ts'
import { expireHolds } from './hold-ender.ts'
import { insertHolds } from './hold-store.ts'
import { answerOverLimits, type LimitDeps, OverLimit } from './limits.ts'
import type { AllocationSettings } from './stock-allocator.ts'

/** Every hold of an event ends with the rows of its stock and map locked until the commit is durable: one commit serves many. */
const MAX_BATCH = 100

/** Places of one event that somebody wants, all of them or none. */
export interface SeatRequest extends HoldOwner {
  /** Of the hold to be made. */
  holdId: string
  seats: readonly { id: string; ticketTypeId: string }[]
  /** General admission beside the seats, or of several types without any; a type comes at most once. */
  places: readonly { ticketTypeId: string; quantity: number }[]
}

/**
 * Holds seats and what is wanted beside them, event by event.
 * @throws SeatsUnavailable with those that were not free; SoldOut; LimitExceeded; BookingHoldsAlready.
 */
export type SeatAllocator = GroupCommit<SeatRequest, Hold>

interface SeatAllocatorDeps extends LimitDeps {
  live: LiveChanges
  settings: AllocationSettings
}

/** @param deps asked for at each batch. */
export const createSeatAllocator = (deps: () => SeatAllocatorDeps): SeatAllocator =>
  createGroupCommit({
    maxBatch: MAX_BATCH,
    gather: true,
    // One row per user and type in a multi-row upsert.
    distinct: (request) => request.userId,
    retryApart: mayBeOneRequestsFault,
    run: (eventId, requests) => allocateBatch(deps(), eventId, requests),
  })

type Outcome = Hold | Error | typeof AGAIN
type Outcomes = Map<SeatRequest, Outcome>

/**
 * Serves requests in order of arrival. Of those that want the same seat, the first goes into the transaction; the others are
 * refused when that one, or somebody elsewhere, gets the seat, and come again when it is free after all.
 */
async function allocateBatch(
  deps: SeatAllocatorDeps,
  eventId: string,
  requests: SeatRequest[],
): Promise<Outcome[]> {
  const { outcomes, gone } = await allocateTogether(deps, eventId, withoutRivals(requests))
  for (const answer of [answerSoldOut, answerLimits]) await answer(deps, eventId, outcomes)
  return requests.map((request) => {
    const lost = seatIdsOf(request).filter((id) => gone.has(id))
    return outcomes.get(request) ?? (lost.length > 0 ? new SeatsUnavailable(lost) : AGAIN)
  })
}

/** Has those served again for whom general admission was sold out only by holds past their time. */
async function answerSoldOut(deps: SeatAllocatorDeps, eventId: string, outcomes: Outcomes): Promise<void> {
  const soldOut = [...outcomes].flatMap(([request, outcome]) => (outcome instanceof SoldOut ? request : []))
  const ticketTypeIds = soldOut.flatMap(({ places }) => places.map((place) => place.ticketTypeId))
  if (ticketTypeIds.length === 0) return
  const freed = await expireHolds(deps, { eventId, ticketTypeIds }).catch((error: Error) => error)
  if (freed === 0) return
  for (const request of soldOut) outcomes.set(request, freed instanceof Error ? freed : AGAIN)
}

/** Tells those who went over a limit how far, or has them served again. */
async function answerLimits(deps: SeatAllocatorDeps, eventId: string, outcomes: Outcomes): Promise<void> {
  const over = [...outcomes].flatMap(([request, outcome]) =>
    outcome instanceof OverLimit ? [{ request, outcome }] : [],
  )
  const answers = await answerOverLimits(
    deps,
    eventId,
    over.map(({ outcome }) => outcome),
  ).catch((error: Error) => over.map(() => error)) // what was granted is committed: it may not fail with them
  for (const [at, { request }] of over.entries()) outcomes.set(request, answers[at] ?? AGAIN)
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

/** Holds what requests want that share no seat, in one transaction, and publishes it as one change. */
async function allocateTogether(
  { db, live, settings }: SeatAllocatorDeps,
  eventId: string,
  requests: readonly SeatRequest[],
): Promise<Allocation> {
  try {
    const allocation = await transaction(db, (tx) => allocate(tx, eventId, requests, settings))
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
  { HOLD_SECONDS: seconds, MAX_OPEN_PLACES: limit }: AllocationSettings,
): Promise<Allocation> {
  const outcomes: Outcomes = new Map()
  const seatIds = requests.flatMap(seatIdsOf)
  const holdIds = requests.flatMap((request) => request.seats.map(() => request.holdId))
  const types = requests.flatMap((request) => request.seats.map((seat) => seat.ticketTypeId))
  const won =
    seatIds.length > 0
      ? await moveSeats(tx, {
          eventId,
          seatIds,
          types,
          from: 'AVAILABLE',
          to: 'HELD',
          holds: { ids: holdIds, seconds },
        })
      : []
  const gone = missingFrom(seatIds, won)
  for (const request of requests) {
    const missing = missingFrom(seatIdsOf(request), won)
    if (missing.length > 0) outcomes.set(request, new SeatsUnavailable(missing))
  }
  const stillIn = (): SeatRequest[] => requests.filter((request) => !outcomes.has(request))
  const open = await raiseLimits(tx, eventId, stillIn(), limit, outcomes)
  await withinStock(tx, stillIn(), outcomes)

  const granted = stillIn()
  if (granted.length === 0) throw new NothingAllocated({ outcomes, gone: new Set(gone), change: null })
  const heldIds = granted.flatMap(seatIdsOf)
  // A request is granted whole or not at all: what a refused one had won is undone without a trace.
  if (won.length > heldIds.length) await moveSeatsBack(tx, missingFrom(won, heldIds))
  await open.lower(outcomes)
  const holds = granted.map((request) => {
    const { holdId: id, userId, bookingId } = request
    return { id, userId, eventId, bookingId, items: itemsOf(request) }
  })
  for (const [at, hold] of (await insertHolds(tx, holds, seconds)).entries())
    outcomes.set(granted[at] as SeatRequest, hold)
  const moves = stockMoves(granted.flatMap(itemsOf), 'available', 'held')
  if (heldIds.length > 0) {
    const change = await moveStockOfSeats(tx, eventId, heldIds, moves)
    return { outcomes, gone: new Set([...gone, ...heldIds]), change }
  }
  if (!(await moveStock(tx, moves))) throw new Error('stock moved under its lock')
  return { outcomes, gone: new Set(gone), change: null }
}

/**
 * Raises the open places and allowances of those who ask, as far as their limits go.
 * @returns what gives back those of requests that are refused after all.
 */
async function raiseLimits(
  tx: Tx,
  eventId: string,
  requests: readonly SeatRequest[],
  limit: number,
  outcomes: Outcomes,
): Promise<{ lower(outcomes: Outcomes): Promise<void> }> {
  const places = requests.flatMap((request) =>
    openPlacesChanges(itemsOf(request)).map((change) => ({ ...change, request })),
  )
  const open = places.length > 0 ? await raiseOpenPlaces(tx, eventId, places, limit) : []
  for (const { request } of missingFrom(places, open))
    outcomes.set(request, new OverLimit({ ...request, ticketTypeId: null }))
  const usage = open.flatMap(({ request }) =>
    usageChanges(itemsOf(request)).map((change) => ({ ...change, request })),
  )
  const within = usage.length > 0 ? await raiseUsage(tx, usage) : []
  for (const { request, ticketTypeId } of missingFrom(usage, within))
    outcomes.set(request, new OverLimit({ ...request, ticketTypeId }))
  return {
    async lower(refused) {
      const isRefused = ({ request }: { request: SeatRequest }): boolean => refused.has(request)
      const back = within.filter(isRefused)
      await lowerOpenPlaces(tx, eventId, open.filter(isRefused))
      if (back.length > 0) await lowerUsage(tx, back)
    },
  }
}

/** Refuses those for whom general admission is not enough, in order of arrival; its counters stay locked. */
async function withinStock(tx: Tx, requests: readonly SeatRequest[], outcomes: Outcomes): Promise<void> {
  const ids = requests.flatMap(({ places }) => places.map((place) => place.ticketTypeId))
  if (ids.length === 0) return
  const left = await lockAvailable(tx, [...new Set(ids)])
  const leftOf = (ticketTypeId: string): number => left.get(ticketTypeId) ?? 0
  for (const request of requests) {
    const short = request.places.find(({ ticketTypeId, quantity }) => quantity > leftOf(ticketTypeId))
    if (short) outcomes.set(request, new SoldOut(short.ticketTypeId, leftOf(short.ticketTypeId)))
    else
      for (const { ticketTypeId, quantity } of request.places)
        left.set(ticketTypeId, leftOf(ticketTypeId) - quantity)
  }
}

const seatIdsOf = (request: SeatRequest): string[] => request.seats.map((seat) => seat.id)

const itemsOf = ({ userId, seats, places }: SeatRequest) => [
  ...seats.map(({ id, ticketTypeId }) => ({ userId, ticketTypeId, seatId: id, quantity: 1 })),
  ...places.map((place) => ({ ...place, userId, seatId: null })),
]
