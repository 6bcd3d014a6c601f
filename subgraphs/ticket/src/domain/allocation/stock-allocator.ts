import type { Deps } from '../deps.ts'
import { SoldOut } from '../errors.ts'
import { expireHoldsOfTypes } from './expire-holds.ts'
import { type Hold, overUserLimit } from './hold.ts'
import { holdsOfBookings, insertHolds } from './hold-store.ts'
import { publishStock } from '../live.ts'
import { type Batcher, createBatcher } from '@karcis/kit/group-commit'
import { lowerAllowances, moveStock, raiseAllowances, stockMoves } from '../inventory/stock-store.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { isOnesFault, type Tx, transact } from '../database.ts'

const MAX_BATCH = 200

/** Places of a general-admission type that a user wants. */
export interface StockRequest {
  /** Of the hold to be made. */
  holdId: string
  userId: string
  bookingId: string | null
  type: TicketType
  quantity: number
}

/** Answers with the hold: the new one, or that which the booking has already. */
export type StockTaker = Batcher<StockRequest, Hold>

/** @param deps asked at each batch. */
export const createStockTaker = (deps: () => Deps): StockTaker =>
  createBatcher({
    maxBatch: MAX_BATCH,
    // One row per user in a multi-row upsert; and a booking's repeat must find what its first call wrote.
    distinct: (request) => request.userId,
    isOnesFault,
    run: (_ticketTypeId, requests) => takeBatch(deps(), requests),
  })

type Outcome = Hold | Error

async function takeBatch(deps: Deps, requests: StockRequest[]): Promise<Outcome[]> {
  const outcomes = await takeOnce(deps, requests)
  const refused = requests.filter((request) => outcomes.get(request) instanceof SoldOut)
  const [first] = refused
  // What is past its time counts as free for the next taker: nobody is refused because of it.
  if (first && (await expireHoldsOfTypes(deps, first.type.eventId, [first.type.id])) > 0) {
    for (const [request, outcome] of await takeOnce(deps, refused)) outcomes.set(request, outcome)
  }
  return requests.map((request) => outcomes.get(request) ?? new Error('a request got no answer'))
}

async function takeOnce(deps: Deps, requests: readonly StockRequest[]): Promise<Map<StockRequest, Outcome>> {
  const { outcomes, taken } = await transact(deps.db, (tx) => take(tx, requests, deps.settings.HOLD_SECONDS))
  const [first] = requests
  if (first && taken > 0) publishStock(deps.news, first.type.eventId)
  return outcomes
}

/** One transaction for all: their allowances, one conditional UPDATE of the counter, one INSERT of their holds. */
async function take(
  tx: Tx,
  requests: readonly StockRequest[],
  seconds: number,
): Promise<{ outcomes: Map<StockRequest, Outcome>; taken: number }> {
  const outcomes = new Map<StockRequest, Outcome>()
  const pending = await withoutRepeats(tx, requests, outcomes)
  const within = pending.length > 0 ? await raiseAllowances(tx, pending.map(asTaking)) : []
  const allowed = within.map((taking) => taking.request)
  for (const request of pending) {
    if (!allowed.includes(request)) outcomes.set(request, overUserLimit(request.type.maxPerUser ?? 0))
  }
  const granted = await grant(tx, allowed, outcomes)
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
  return { outcomes, taken: granted.length }
}

const asTaking = (request: StockRequest) => ({
  userId: request.userId,
  ticketTypeId: request.type.id,
  quantity: request.quantity,
  request,
})

/**
 * Answers those whose booking holds something already. The advisory locks make two calls for one booking, of whatever processes,
 * come one after the other: the second sees what the first has written.
 */
async function withoutRepeats(
  tx: Tx,
  requests: readonly StockRequest[],
  outcomes: Map<StockRequest, Outcome>,
): Promise<StockRequest[]> {
  const bookingIds = requests.flatMap((request) => request.bookingId ?? [])
  if (bookingIds.length === 0) return [...requests]
  await tx.$queryRaw`SELECT count(pg_advisory_xact_lock(hashtextextended(b.id, 0)))::int AS locked
    FROM (SELECT id FROM unnest(${bookingIds}::text[]) AS u(id) ORDER BY hashtextextended(id, 0)) b`
  const bound = new Map((await holdsOfBookings(tx, bookingIds)).map((hold) => [hold.bookingId, hold]))
  return requests.filter((request) => {
    const hold = bound.get(request.bookingId)
    if (hold) outcomes.set(request, hold)
    return !hold
  })
}

/** Moves the stock of as many as there is for, in the order of their coming, and gives the others' allowances back. */
async function grant(
  tx: Tx,
  requests: readonly StockRequest[],
  outcomes: Map<StockRequest, Outcome>,
): Promise<StockRequest[]> {
  const [first] = requests
  if (!first) return []
  if (await moveStock(tx, moves(requests))) return [...requests]
  const [row] = await tx.$queryRaw<
    { available: number }[]
  >`SELECT CASE WHEN seated THEN 0 ELSE available END AS available FROM ticket_types
    WHERE id = ${first.type.id}::uuid FOR NO KEY UPDATE`
  let left = row?.available ?? 0
  const fitting = requests.filter((request) => {
    if (request.quantity > left) return false
    left -= request.quantity
    return true
  })
  const refused = requests.filter((request) => !fitting.includes(request))
  for (const request of refused) outcomes.set(request, new SoldOut(left))
  await lowerAllowances(tx, refused.map(asTaking))
  if (fitting.length > 0 && !(await moveStock(tx, moves(fitting))))
    throw new Error('stock moved under its lock')
  return fitting
}

const moves = (requests: readonly StockRequest[]) => stockMoves(requests.map(asTaking), 'available', 'held')
