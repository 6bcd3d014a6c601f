import { transaction } from '@karcis/kit/database'
import { createGroupCommit, type GroupCommit, mayBeOneRequestsFault } from '@karcis/kit/group-commit'
import type { Db, Tx } from '../database.ts'
import { lowerOpenPlaces, openPlacesChanges } from '../inventory/open-places-store.ts'
import { moveStock, stockMoves } from '../inventory/stock-store.ts'
import { insertTickets, type NewTicket } from '../tickets/ticket-store.ts'
import type { Hold } from './hold.ts'
import { moveActiveHoldsToConverted } from './hold-store.ts'

const MAX_BATCH = 100

/** A hold without seats, and the tickets that it is to become. */
export interface Conversion {
  hold: Hold
  tickets: readonly NewTicket[]
}

/** Turns active holds of one event into tickets, by the event's id; says of each whether it did. @throws PlacesGone. */
export type HoldConverter = GroupCommit<Conversion, boolean>

/** Rolls back a transaction that found less than it needs. */
export class PlacesGone extends Error {}

/**
 * What is paid for at the same time becomes tickets together: all of it moves the same counters, which nobody else moves until the commit.
 * @param deps asked for at each batch.
 */
export const createHoldConverter = (deps: () => { db: Db }): HoldConverter =>
  createGroupCommit({
    maxBatch: MAX_BATCH,
    distinct: ({ hold }) => hold.id,
    retryApart: mayBeOneRequestsFault,
    async run(eventId, conversions) {
      const converted = await transaction(deps().db, (tx) => convertTogether(tx, eventId, conversions))
      return conversions.map(({ hold }) => converted.has(hold.id))
    },
  })

/** Holds, open places, tickets, stock: in this order, as all who lock them do. @returns ids of the holds that were active. */
async function convertTogether(
  tx: Tx,
  eventId: string,
  conversions: readonly Conversion[],
): Promise<Set<string>> {
  const converted = await moveActiveHoldsToConverted(
    tx,
    conversions.map(({ hold }) => hold.id),
  )
  const done = conversions.filter(({ hold }) => converted.has(hold.id))
  if (done.length === 0) return converted
  const items = done.flatMap(({ hold }) => hold.items.map((item) => ({ ...item, userId: hold.userId })))
  await lowerOpenPlaces(tx, eventId, openPlacesChanges(items))
  await insertTickets(
    tx,
    done.flatMap(({ tickets }) => tickets),
  )
  if (!(await moveStock(tx, stockMoves(items, 'held', 'sold')))) throw new PlacesGone()
  return converted
}
