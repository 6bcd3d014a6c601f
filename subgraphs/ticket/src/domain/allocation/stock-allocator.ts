import { transaction } from '@karcis/kit/database'
import { AGAIN, createGroupCommit, type GroupCommit, mayBeOneRequestsFault } from '@karcis/kit/group-commit'
import type { Tx } from '../database.ts'
import { SoldOut } from '../errors.ts'
import { lowerUsage, raiseUsage } from '../inventory/allowance-store.ts'
import { lowerOpenPlaces, raiseOpenPlaces } from '../inventory/open-places-store.ts'
import { lockAvailable, moveStock, stockMoves } from '../inventory/stock-store.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { type LiveChanges, publishStock } from '../live.ts'
import { findHoldsOfBookings, lockBookings } from './bound-hold-store.ts'
import type { Hold, HoldOwner } from './hold.ts'
import { expireHolds } from './hold-ender.ts'
import { insertHolds } from './hold-store.ts'
import { answerOverLimits, type LimitDeps, OverLimit } from './limits.ts'

const MAX_BATCH = 200

/** Places of a general-admission type that a user wants. */
export interface StockRequest extends HoldOwner {
  /** Of the hold to be made. */
  holdId: string
  type: TicketType
  quantity: number
}

/** Gives the hold: the new one, or the one that the booking has already. @throws SoldOut, LimitExceeded. */
export type StockAllocator = GroupCommit<StockRequest, Hold>

interface StockAllocatorDeps extends LimitDeps {
  live: LiveChanges
  settings: AllocationSettings
}

/** How long holds last, and how many places of an event one user may have open. */
export interface AllocationSettings {
  HOLD_SECONDS: number
  MAX_OPEN_PLACES: number
}

/** @param deps asked for at each batch. */
export const createStockAllocator = (deps: () => StockAllocatorDeps): StockAllocator =>
  createGroupCommit({
    maxBatch: MAX_BATCH,
    gather: true,
    // One row per user in a multi-row upsert; and a booking's repeat must find what its first call wrote.
    distinct: (request) => request.userId,
    retryApart: mayBeOneRequestsFault,
    run: (_ticketTypeId, requests) => allocateBatch(deps(), requests),
  })

type Outcome = Hold | Error | typeof AGAIN

async function allocateBatch(deps: StockAllocatorDeps, requests: StockRequest[]): Promise<Outcome[]> {
  const outcomes = await allocateTogether(deps, requests)
  const soldOut = requests.filter((request) => outcomes.get(request) instanceof SoldOut)
  const [first] = soldOut
  if (first) {
    const { id, eventId } = first.type
    // What is past its time counts as free for the next buyer: nobody is refused because of it.
    const freed = await expireHolds(deps, { eventId, ticketTypeIds: [id] }).catch((error: Error) => error)
    if (freed !== 0)
      for (const request of soldOut) outcomes.set(request, freed instanceof Error ? freed : AGAIN)
  }
  await answerLimits(deps, outcomes)
  return requests.map((request) => outcomes.get(request) ?? new Error('a request got no outcome'))
}

/** Tells those who went over a limit how far, or has them served again. */
async function answerLimits(deps: StockAllocatorDeps, outcomes: Map<StockRequest, Outcome>): Promise<void> {
  const over = [...outcomes].flatMap(([request, outcome]) =>
    outcome instanceof OverLimit ? [{ request, outcome }] : [],
  )
  const [first] = over
  if (!first) return
  const answers = await answerOverLimits(
    deps,
    first.request.type.eventId,
    over.map(({ outcome }) => outcome),
  ).catch((error: Error) => over.map(() => error)) // what was granted is committed: it may not fail with them
  for (const [at, { request }] of over.entries()) outcomes.set(request, answers[at] ?? AGAIN)
}

async function allocateTogether(
  { db, live, settings }: StockAllocatorDeps,
  requests: readonly StockRequest[],
): Promise<Map<StockRequest, Outcome>> {
  const { outcomes, granted } = await transaction(db, (tx) => allocate(tx, requests, settings))
  const [first] = granted
  if (first) publishStock(live, first.type.eventId)
  return outcomes
}

/** One transaction for all: their open places and allowances, one conditional UPDATE of the counter, one INSERT of their holds. */
async function allocate(
  tx: Tx,
  requests: readonly StockRequest[],
  { HOLD_SECONDS: seconds, MAX_OPEN_PLACES: limit }: AllocationSettings,
): Promise<{ outcomes: Map<StockRequest, Outcome>; granted: StockRequest[] }> {
  const outcomes = new Map<StockRequest, Outcome>()
  const pending = await withoutRepeats(tx, requests, outcomes)
  const [first] = pending
  if (!first) return { outcomes, granted: [] }
  const { eventId } = first.type
  const open = await raiseOpenPlaces(tx, eventId, pending, limit)
  const within = open.length > 0 ? await raiseUsage(tx, open.map(asUsage)) : []
  const allowed = within.map((change) => change.request)
  for (const request of pending) {
    const ticketTypeId = open.includes(request) ? request.type.id : null
    if (!allowed.includes(request)) outcomes.set(request, new OverLimit({ ...request, ticketTypeId }))
  }
  const granted = await grant(tx, allowed, outcomes)
  await lowerOpenPlaces(
    tx,
    eventId,
    open.filter((request) => !granted.includes(request)),
  )
  if (granted.length > 0) {
    const holds = granted.map(({ holdId, userId, bookingId, type, quantity }) => {
      return {
        id: holdId,
        userId,
        eventId: type.eventId,
        bookingId,
        items: [{ ticketTypeId: type.id, seatId: null, quantity }],
      }
    })
    const made = await insertHolds(tx, holds, seconds)
    for (const [at, request] of granted.entries()) outcomes.set(request, made[at] as Hold)
  }
  return { outcomes, granted }
}

const asUsage = (request: StockRequest) => ({
  userId: request.userId,
  ticketTypeId: request.type.id,
  quantity: request.quantity,
  request,
})

/**
 * Answers those whose booking holds something already. Of two calls for one booking, of whatever processes, the second waits for
 * the first and sees what it has written.
 */
async function withoutRepeats(
  tx: Tx,
  requests: readonly StockRequest[],
  outcomes: Map<StockRequest, Outcome>,
): Promise<StockRequest[]> {
  const bookingIds = requests.flatMap((request) => request.bookingId ?? [])
  if (bookingIds.length === 0) return [...requests]
  await lockBookings(tx, bookingIds)
  const holds = await findHoldsOfBookings(tx, bookingIds)
  return requests.filter((request) => {
    const hold = holds.get(request.bookingId ?? '')
    if (hold) outcomes.set(request, hold)
    return !hold
  })
}

/** Moves the stock of as many as there is for, in order of arrival, and gives back the allowances of the others. */
async function grant(
  tx: Tx,
  requests: readonly StockRequest[],
  outcomes: Map<StockRequest, Outcome>,
): Promise<StockRequest[]> {
  const [first] = requests
  if (!first) return []
  if (await moveStock(tx, moves(requests))) return [...requests]
  let left = (await lockAvailable(tx, [first.type.id])).get(first.type.id) ?? 0
  const fitting = requests.filter((request) => {
    if (request.quantity > left) return false
    left -= request.quantity
    return true
  })
  const refused = requests.filter((request) => !fitting.includes(request))
  for (const request of refused) outcomes.set(request, new SoldOut(first.type.id, left))
  await lowerUsage(tx, refused.map(asUsage))
  if (fitting.length > 0 && !(await moveStock(tx, moves(fitting))))
    throw new Error('stock moved under its lock')
  return fitting
}

const moves = (requests: readonly StockRequest[]) => stockMoves(requests.map(asUsage), 'available', 'held')
