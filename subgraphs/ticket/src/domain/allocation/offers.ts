import { transaction } from '@karcis/kit/database'
import type { Db, Tx } from '../database.ts'
import { type LiveChanges, publishStock } from '../live.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { findSeatChange } from '../seat-map/seat-store.ts'
import { closeLine, isWaitedFor, listWaitedFor, offerNow, offerPlaces } from './waitlist-store.ts'

/**
 * What watchers are told of seats that became free in this transaction. Where people wait for such seats, these are theirs before anybody
 * is told that they were free.
 */
export async function withOffers(
  tx: Tx,
  change: SeatMapChange,
  ticketTypeIds: readonly string[],
): Promise<SeatMapChange> {
  if (!(await isWaitedFor(tx, ticketTypeIds))) return change
  await offerNow(tx)
  const all = await findSeatChange(tx, change.eventId, change.since)
  return all ? { ...change, revision: all.revision, seats: all.seats } : change
}

const PER_SWEEP = 1_000

/**
 * Offers what nobody in line could have when it came back, for their limits or because they gathered more, and by now can; and closes
 * the lines of sales that are over.
 */
export async function sweepWaitlists({ db, live }: { db: Db; live: LiveChanges }): Promise<void> {
  for (const { id, eventId, over } of await listWaitedFor(db, PER_SWEEP)) {
    await transaction(db, (tx) => (over ? closeLine(tx, id) : offerPlaces(tx, id)))
    if (!over) publishStock(live, eventId)
  }
}
