import type { EventPayload } from '@karcis/kit/contracts/events'
import { transaction } from '@karcis/kit/database'
import { type NewEvent, recordEvents } from '@karcis/kit/events'
import { enqueue } from '@karcis/kit/jobs'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { findEventCopies, refreshEventCopy } from '../events/event-copy.ts'
import { foldChanges } from './sale-store.ts'

/** What makes an event popular; told with the sums, so that no sale has to. */
const boughtBy = (payload: EventPayload<'booking.buyers-noted'>): NewEvent<'booking.buyers-noted'> => ({
  type: 'booking.buyers-noted',
  aggregateId: payload.eventId,
  payload,
  consumers: ['event'],
})

export const FOLD_SALES = { name: 'fold-sales', schema: z.object({}) }

/** So many notes are added up in one transaction. */
const BATCH = 500
/** While tickets are sold they are added up so often: what is not in the sums yet is added by whoever reads them. */
const AGAIN_SECONDS = 5

/**
 * Adds the sales and refunds that were noted to the sums of their events. Safe to run again, and at the same time elsewhere. Of an event that
 * nothing is known of yet, it is asked what there is to know: whose it is, and its time zone.
 */
export async function foldSales(deps: Deps, _payload: object = {}, closing?: AbortSignal): Promise<void> {
  const { db } = deps
  const events = new Set<string>()
  for (;;) {
    const { folded, eventIds } = await transaction(db, async (tx) => {
      const changes = await foldChanges(tx, BATCH)
      await recordEvents(tx, changes.buyers.map(boughtBy))
      return changes
    })
    for (const id of eventIds) events.add(id)
    if (folded < BATCH || closing?.aborted) break
  }
  if (events.size === 0) return
  const known = await findEventCopies(db, [...events])
  for (const id of events) if (!known.get(id)?.timezone) await refreshEventCopy(deps, id)
  // Under a key of its own for each few seconds: this very job may still have the last one.
  const key = `${FOLD_SALES.name}:${Math.floor(Date.now() / 1_000 / AGAIN_SECONDS)}`
  await transaction(db, (tx) => enqueue(tx, FOLD_SALES, {}, { afterSeconds: AGAIN_SECONDS, key }))
}
