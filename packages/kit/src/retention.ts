import { setTimeout as sleep } from 'node:timers/promises'
import { raw } from '@prisma/client/runtime/client'
import { z } from 'zod'
import { type RawSql, type TransactionSource, transaction } from './database.ts'
import { defineJob, type Job } from './jobs.ts'
import type { Logger } from './log.ts'

const DAY_SECONDS = 86_400
/** Rows of the first batch; what a row costs, with all that goes with it, only the batch tells. */
const FIRST_BATCH = 100
const MAX_BATCH = 2_000
/** A batch that takes longer is followed by one of half as many rows, a quicker one by twice as many. */
const BATCH_MS = 100
/** Between two batches, in times of what the first of them took: the others have the database for most of the time. */
const PAUSE = 3
const MAX_PAUSE_MS = 1_000

/** What of a table may go, and when. The names and conditions become part of SQL as they stand. */
export interface Retention<Deps> {
  /** The job's, such as `forget-holds`. */
  name: string
  /** As SQL names it, such as `kit.outbox`. */
  table: string
  /**
   * The column (timestamptz) from which a row's time runs; a row without a value in it stays. The table needs an index that
   * begins with it, partial on `where` when most rows are never to go.
   */
  since: string
  /** A condition that a row must meet besides, over the table's columns, as SQL; none unless given. */
  where?: string
  /** For how many days after `since` a row is kept, whole or not: mostly a setting (`days` in env.ts). 0 with a `since` that is itself an end. */
  keepForDays: number | ((deps: Deps) => number)
}

/**
 * The job that deletes what a table has kept for long enough, oldest first, in batches of some hundred rows, each a short
 * transaction of its own, with pauses in between. It waits for nobody: a row that somebody has locked stays for the next
 * time. What refers to the rows goes or stays as the foreign keys say, so `where` has to leave out what must stay.
 * List it among a subgraph's `jobs`, and start it by `crons` every few minutes or hours: the more often, the less there
 * is to do each time. Two processes may run it at once.
 */
export function retention<Deps extends { db: TransactionSource<RawSql>; log: Logger }>(
  spec: Retention<Deps>,
): Job<Record<string, never>, Deps> {
  const { name, keepForDays } = spec
  const [table, since, where] = [raw(spec.table), raw(spec.since), raw(spec.where ?? 'true')]
  return defineJob({
    name,
    schema: z.object({}),
    async run(deps: Deps, _payload, closing) {
      const seconds = DAY_SECONDS * (typeof keepForDays === 'number' ? keepForDays : keepForDays(deps))
      let rows = 0
      for (let batch = FIRST_BATCH; ; ) {
        const began = performance.now()
        // The rows are locked, and seen to be to go still, before they go: nobody has changed them in between.
        const deleted = await transaction(
          deps.db,
          (tx) => tx.$executeRaw`DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM ${table} WHERE ${since} < now() - make_interval(secs => ${seconds}::float8) AND (${where})
            ORDER BY ${since} LIMIT ${batch} FOR UPDATE SKIP LOCKED))`,
        )
        const took = performance.now() - began
        rows += deleted
        if (deleted < batch || closing?.aborted) break
        batch = Math.min(MAX_BATCH, Math.ceil(took > BATCH_MS ? batch / 2 : batch * 2))
        await sleep(Math.min(PAUSE * took, MAX_PAUSE_MS))
      }
      if (rows > 0) deps.log.info({ table: spec.table, rows }, 'old rows deleted')
    },
  })
}
