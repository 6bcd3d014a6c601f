import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { createGroupCommit, type GroupCommit, mayBeOneRequestsFault } from '@karcis/kit/group-commit'
import { type Db, InventoryMismatch, type Tx } from '../database.ts'
import { lowerUsage, usageChanges } from '../inventory/allowance-store.ts'
import { lowerOpenPlaces, openPlacesChanges } from '../inventory/open-places-store.ts'
import { moveStock, moveStockOfSeats, stockMoves } from '../inventory/stock-store.ts'
import { type LiveChanges, publishChange } from '../live.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { moveSeats } from '../seat-map/seat-store.ts'
import {
  type EndedItem,
  type HoldEnding,
  type LapsedFilter,
  listLapsedHolds,
  moveHolds,
} from './hold-store.ts'
import { withOffers } from './offers.ts'
import type { SeatClaims } from './seat-claims.ts'

/** How many holds end in one transaction: enough to sweep fast, few enough to keep its locks short. */
const PER_TRANSACTION = 50
const PER_SWEEP = 5_000

/** Ends holds of one event in one way; gives the ids of those that ended now. */
export type HoldEnder = GroupCommit<HoldEnding, string[]>

interface HoldEnderDeps {
  db: Db
  live: LiveChanges
  seatClaims: SeatClaims
}

/** @param deps asked for at each batch. */
export const createHoldEnder = (deps: () => HoldEnderDeps): HoldEnder =>
  createGroupCommit({
    maxBatch: PER_TRANSACTION,
    retryApart: mayBeOneRequestsFault,
    async run(_, endings) {
      const [first] = endings
      if (!first) return []
      const holdIds = [...new Set(endings.flatMap((ending) => ending.holdIds))]
      const ended = await endTogether(deps(), { ...first, holdIds })
      return endings.map((ending) => ending.holdIds.filter((id) => ended.has(id)))
    },
  })

/**
 * Ends those of the holds that are still active, and frees their seats, stock, open places and allowances. The lock on the hold's row decides
 * between this and a booking that turns it into tickets at the same moment: the second of them finds it no longer active.
 * Endings of one kind that wait share a transaction, because they meet at the rows of the event's stock and map.
 * @returns ids of the holds that ended now.
 */
export const endHolds = ({ holdEnder }: { holdEnder: HoldEnder }, ending: HoldEnding): Promise<string[]> =>
  holdEnder.submit(`${ending.eventId} ${ending.to} ${ending.unboundOnly ?? false}`, ending)

async function endTogether(
  { db, live, seatClaims }: HoldEnderDeps,
  ending: HoldEnding,
): Promise<Set<string>> {
  const { eventId } = ending
  const { items, change } = await transaction(db, async (tx) => {
    const ended = await moveHolds(tx, ending)
    return { items: ended, change: await freePlaces(tx, eventId, 'held', ended, ending.holdIds) }
  })
  await faultPoint('end-hold/ended')
  const ended = Map.groupBy(items, (item) => item.holdId)
  if (ended.size > 0) publishChange(live, eventId, change)
  for (const [holdId, itsItems] of ended) {
    const seatIds = itsItems.flatMap((item) => item.seatId ?? [])
    if (seatIds.length > 0) seatClaims.release(eventId, seatIds, holdId)
  }
  return new Set(ended.keys())
}

/**
 * Makes places of an event available again that were held or sold: seats, the user's open places and allowances, stock, in this order.
 * @param fromHolds the holds that must have the seats; for held ones.
 * @returns the change of the seat map; null when there were no seats among them.
 */
export async function freePlaces(
  tx: Tx,
  eventId: string,
  from: 'held' | 'sold',
  items: readonly Omit<EndedItem, 'holdId'>[],
  fromHolds?: readonly string[],
): Promise<SeatMapChange | null> {
  if (items.length === 0) return null
  const seatIds = items.flatMap((item) => item.seatId ?? [])
  if (seatIds.length > 0) {
    const status = from === 'held' ? 'HELD' : 'SOLD'
    const freed = await moveSeats(tx, {
      eventId,
      seatIds,
      from: status,
      to: 'AVAILABLE',
      ...(fromHolds && { fromHolds }),
    })
    if (freed.length !== seatIds.length)
      throw new InventoryMismatch(`seats of event ${eventId} are not ${status} where holds or tickets say so`)
  }
  if (from === 'held') await lowerOpenPlaces(tx, eventId, openPlacesChanges(items))
  await lowerUsage(tx, usageChanges(items))
  const moves = stockMoves(items, from, 'available')
  if (seatIds.length > 0) {
    const change = await moveStockOfSeats(tx, eventId, seatIds, moves)
    return withOffers(
      tx,
      change,
      moves.map((move) => move.ticketTypeId),
    )
  }
  await moveStock(tx, moves)
  return null
}

/** What it takes to find and end holds past their time. */
export interface ExpiryDeps {
  db: Db
  holdEnder: HoldEnder
}

/**
 * Ends holds past their time, so that the next buyer finds their places free. What a booking has bound stays: that is not for its time
 * alone to end (bound-hold-ender.ts), and no buyer waits while somebody is asked.
 * @returns how many ended now. Others may have ended some of them first, which is just as good.
 */
export async function expireHolds(deps: ExpiryDeps, filter: LapsedFilter): Promise<number> {
  const lapsed = await listLapsedHolds(deps.db, filter, PER_SWEEP)
  let ended = 0
  for (const [eventId, holds] of Map.groupBy(lapsed, (hold) => hold.eventId)) {
    for (let at = 0; at < holds.length; at += PER_TRANSACTION) {
      const holdIds = holds.slice(at, at + PER_TRANSACTION).map((hold) => hold.id)
      ended += (await endHolds(deps, { eventId, holdIds, to: 'EXPIRED', unboundOnly: true })).length
    }
  }
  return ended
}
