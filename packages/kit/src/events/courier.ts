import { afterCommit, type Tx } from '../database.ts'
import { isAway } from '../outages.ts'
import { workForAll } from '../waiting.ts'
import { deliver, type OutboxDeps, type Told } from './outbox.ts'

/** Aggregates of which something is delivered together. */
const AT_ONCE = 100
/** How many may wait for a consumer that is slow. What comes then is left to the sweep. */
const MAX_WAITING = 5_000

/** Delivers what one database has to tell. */
interface Courier {
  tell(told: Iterable<Told>): void
  /** Resolves once it has tried to deliver what is recorded of an aggregate now. */
  tried(told: Told): Promise<void>
}

/** Couriers by the database whose events they deliver. */
const couriers = new WeakMap<object, Courier>()

/** Has events delivered as soon as the transaction that records them has committed. */
export function deliverAfterCommit(tx: Tx, told: readonly Told[]): void {
  if (told.length > 0) afterCommit(tx, (db) => couriers.get(db)?.tell(told))
}

/**
 * Waits until what was recorded of an aggregate has been delivered, for who is to answer only then: what the courier has under way is waited for, and
 * not sent once more beside it. What cannot be delivered now is left to the sweep.
 * @param db on which the change was made, and has committed.
 */
export async function untilTold(db: object, told: Told): Promise<void> {
  await couriers.get(db)?.tried(told)
}

/**
 * Delivers the events that this process records, right after their commit. While one request to a consumer is under way the next
 * events for it gather, and go together: an idle consumer is told at once, and a busy one is asked for one thing at a time. What cannot be
 * delivered, or was not when the process ended, is left to the sweep (`sweepOutbox`).
 */
export function startCourier(deps: OutboxDeps): { close(): Promise<void> } {
  const waiting = new Map<Told['consumer'], Aggregates>()
  /** Of a consumer that is being told: of which aggregates just now, and when there is nothing more for it. */
  const underWay = new Map<Told['consumer'], { now: Aggregates; over: Promise<void> }>()

  async function carry(consumer: Told['consumer'], aggregates: Aggregates, now: Aggregates): Promise<void> {
    while (aggregates.size > 0) {
      for (const [id, tried] of [...aggregates].slice(0, AT_ONCE)) {
        aggregates.delete(id)
        now.set(id, tried)
      }
      try {
        await deliver(deps, consumer, [...now.keys()])
      } catch (error) {
        if (!isAway(error, deps.log)) deps.log.warn({ err: error, consumer }, 'events are left to the sweep')
      }
      for (const tried of now.values()) tried.resolve()
      now.clear()
    }
    underWay.delete(consumer)
  }

  function tell(told: Iterable<Told>): void {
    for (const { consumer, aggregateId } of told) {
      const aggregates: Aggregates = waiting.get(consumer) ?? new Map()
      waiting.set(consumer, aggregates)
      if (aggregates.size < MAX_WAITING && !aggregates.has(aggregateId))
        aggregates.set(aggregateId, Promise.withResolvers())
      if (underWay.has(consumer)) continue
      const now: Aggregates = new Map()
      const started = Promise.withResolvers<void>()
      underWay.set(consumer, { now, over: started.promise })
      started.resolve(workForAll(() => carry(consumer, aggregates, now)))
    }
  }

  const find = ({ consumer, aggregateId }: Told): Promise<void> | undefined =>
    (waiting.get(consumer)?.get(aggregateId) ?? underWay.get(consumer)?.now.get(aggregateId))?.promise

  couriers.set(deps.db, {
    tell,
    async tried(told) {
      if (!find(told)) tell([told])
      await find(told)
    },
  })

  return {
    async close() {
      couriers.delete(deps.db)
      for (const aggregates of waiting.values()) {
        for (const tried of aggregates.values()) tried.resolve()
        aggregates.clear()
      }
      await Promise.all([...underWay.values()].map(({ over }) => over))
    },
  }
}

/** Aggregates by id, each with what waits for its being told. */
type Aggregates = Map<string, PromiseWithResolvers<void>>
