import { setTimeout as sleep } from 'node:timers/promises'
import { EVENTS_PATH } from '../contracts/events.ts'
import type { SubgraphName } from '../contracts/subgraphs.ts'
import type { RawSql } from '../database.ts'
import type { Logger } from '../log.ts'
import { isAway } from '../outages.ts'
import type { ServiceClient } from '../service-client.ts'

/** Events that go in one request. */
const BATCH = 100
/** Between two looks for events that nobody has delivered. */
const SWEEP_MS = 1_000
/** How many of them one look takes, of how many aggregates one request tells, and how many requests it has under way at once. */
const SWEEP_LIMIT = 400
const TOGETHER = 100
const AT_ONCE = 4
/** What failed is tried again after one, two, four… seconds, and never later than after so many. */
const MAX_PAUSE_SECONDS = 15
/** A consumer that has failed so often in one look is left alone until the next. */
const PATIENCE = 3
/** An event that was tried in vain so often, in some two minutes, is named in the log; and again each time it was as often again. */
const NAMED_AFTER = 12

export interface OutboxDeps {
  db: RawSql
  log: Logger
  clients: Partial<Record<SubgraphName, ServiceClient>>
}

/** The events of one aggregate that one consumer is told of, which it must hear in their order. */
export interface Told {
  consumer: SubgraphName
  aggregateId: string
}

/**
 * Delivers what one consumer has not yet had of some aggregates, oldest first, in batches that either arrive as a whole or not.
 * Several may do so at once: each begins with the oldest, and the consumer drops what it has had.
 * @throws ServiceUnavailable when the consumer is away, or cannot take one of them.
 */
export async function deliver(
  { db, clients }: OutboxDeps,
  consumer: SubgraphName,
  aggregateIds: readonly string[],
): Promise<void> {
  const client = clients[consumer]
  if (!client) throw new Error(`no consumer named ${consumer}`)
  for (;;) {
    const rows = await db.$queryRaw<
      OutboxRow[]
    >`SELECT seq, id, type, aggregate_id, payload, occurred_at FROM kit.outbox
      WHERE consumer = ${consumer} AND aggregate_id = ANY(${aggregateIds}::text[]) AND delivered_at IS NULL
      ORDER BY seq LIMIT ${BATCH}`
    if (rows.length === 0) return
    const events = rows.map(({ id, type, aggregate_id, payload, occurred_at }) => ({
      id,
      type,
      aggregateId: aggregate_id,
      payload,
      occurredAt: occurred_at.toISOString(),
    }))
    await client.post(EVENTS_PATH, { events })
    await db.$executeRaw`UPDATE kit.outbox SET delivered_at = now()
      WHERE seq = ANY(${rows.map(({ seq }) => seq)}::bigint[])`
    if (rows.length < BATCH) return // what has come since is delivered by whoever recorded it
  }
}

interface OutboxRow {
  seq: bigint
  id: string
  type: string
  aggregate_id: string
  payload: unknown
  occurred_at: Date
}

/**
 * Looks every second for events that were not delivered some seconds after they happened, whatever became of the process that was
 * to do it, and delivers them. Any number of processes may: each takes others, and what one took without success, or took
 * and died, is free again after a pause.
 */
export function sweepOutbox(deps: OutboxDeps): { close(): Promise<void> } {
  const closing = new AbortController()

  async function sweep(): Promise<void> {
    for (;;) {
      const due = await takeDue(deps.db)
      const failures = new Map<string, number>()
      const left = groupsOf(due)
      const work = async (): Promise<void> => {
        for (let group = left.pop(); group; group = left.pop()) {
          const [first] = group
          if (closing.signal.aborted || !first) return
          const failed = failures.get(first.consumer) ?? 0
          if (failed >= PATIENCE) continue
          try {
            await deliver(
              deps,
              first.consumer,
              group.map(({ aggregateId }) => aggregateId),
            )
          } catch (error) {
            if (group.length > 1) {
              left.push(...group.map((one) => [one])) // one of them may keep all others waiting
              continue
            }
            failures.set(first.consumer, failed + 1)
            tellOfFailure(deps.log, first, error)
          }
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, work))
      if (due.length < SWEEP_LIMIT || closing.signal.aborted) return
    }
  }

  async function keepSweeping(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await sweep()
      } catch (error) {
        if (!isAway(error, deps.log)) deps.log.error({ err: error }, 'outbox cannot be swept')
      }
      await sleep(SWEEP_MS, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }
  const swept = keepSweeping()

  return {
    async close() {
      closing.abort()
      await swept
    },
  }
}

interface Due extends Told {
  tries: number
}

/** What goes in one request each: of one consumer. Those that come last in the list are to go first. */
function groupsOf(due: readonly Due[]): Due[][] {
  const ofConsumers = Map.groupBy(due, ({ consumer }) => consumer)
  return [...ofConsumers.values()]
    .flatMap((all) =>
      Array.from({ length: Math.ceil(all.length / TOGETHER) }, (_, at) =>
        all.slice(at * TOGETHER, (at + 1) * TOGETHER),
      ),
    )
    .reverse()
}

/** The aggregates of which something is due. They are not due again before the pause is over, for nobody. */
async function takeDue(db: RawSql): Promise<Due[]> {
  const rows = await db.$queryRaw<(Due & { seq: bigint })[]>`UPDATE kit.outbox
    SET tries = tries + 1, next_try_at = now() + make_interval(secs => least(2 ^ least(tries, 9), ${MAX_PAUSE_SECONDS}))
    WHERE seq = ANY(ARRAY(SELECT seq FROM kit.outbox WHERE delivered_at IS NULL AND next_try_at <= now()
      ORDER BY next_try_at LIMIT ${SWEEP_LIMIT} FOR UPDATE SKIP LOCKED))
    RETURNING consumer, aggregate_id AS "aggregateId", tries`
  const aggregates = new Map<string, Due>()
  for (const row of rows) {
    const key = `${row.consumer} ${row.aggregateId}`
    const known = aggregates.get(key)
    if (!known || known.tries < row.tries) aggregates.set(key, row)
  }
  return [...aggregates.values()]
}

function tellOfFailure(log: Logger, { consumer, aggregateId, tries }: Due, error: unknown): void {
  if (!isAway(error, log))
    return log.error({ err: error, consumer, aggregateId }, 'events of an aggregate cannot be delivered')
  if (tries % NAMED_AFTER === 0)
    log.error({ consumer, aggregateId, tries }, 'events of an aggregate are still not delivered')
}
