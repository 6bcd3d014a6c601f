import { afterCommit, type Tx } from '../database.ts'
import { isAway } from '../outages.ts'
import { workForAll } from '../waiting.ts'
import { deliver, type OutboxDeps, type Told } from './outbox.ts'

/** Aggregates of which something is delivered together. */
const AT_ONCE = 100
/** How many may wait for a consumer that is slow. What comes then is left to the sweep. */
const MAX_WAITING = 5_000

/** Couriers by the database whose events they deliver. */
const couriers = new WeakMap<object, { tell(told: Iterable<Told>): void }>()

/** Has events delivered as soon as the transaction that records them has committed. */
export function deliverAfterCommit(tx: Tx, told: readonly Told[]): void {
  if (told.length > 0) afterCommit(tx, (db) => couriers.get(db)?.tell(told))
}

/**
 * Delivers the events that this process records, right after their commit. While one request to a consumer is under way the next
 * events for it gather, and go together: an idle consumer is told at once, and a busy one is asked for one thing at a time. What cannot be
 * delivered, or was not when the process ended, is left to the sweep (`sweepOutbox`).
 */
export function startCourier(deps: OutboxDeps): { close(): Promise<void> } {
  const waiting = new Map<Told['consumer'], Set<string>>()
  const underWay = new Map<Told['consumer'], Promise<void>>()

  async function carry(consumer: Told['consumer'], aggregateIds: Set<string>): Promise<void> {
    while (aggregateIds.size > 0) {
      const next = [...aggregateIds].slice(0, AT_ONCE)
      for (const id of next) aggregateIds.delete(id)
      try {
        await deliver(deps, consumer, next)
      } catch (error) {
        if (!isAway(error, deps.log)) deps.log.warn({ err: error, consumer }, 'events are left to the sweep')
      }
    }
    underWay.delete(consumer)
  }

  couriers.set(deps.db, {
    tell(told) {
      for (const { consumer, aggregateId } of told) {
        const ids = waiting.get(consumer) ?? new Set()
        waiting.set(consumer, ids)
        if (ids.size < MAX_WAITING) ids.add(aggregateId)
        if (!underWay.has(consumer))
          underWay.set(
            consumer,
            workForAll(() => carry(consumer, ids)),
          )
      }
    },
  })

  return {
    async close() {
      couriers.delete(deps.db)
      for (const ids of waiting.values()) ids.clear()
      await Promise.all(underWay.values())
    },
  }
}
