import { setTimeout as sleep } from 'node:timers/promises'
import { parseCronItems, type Task, type TaskList } from 'graphile-worker'
import type pg from 'pg'
import type { z } from 'zod'
import type { Tx } from './database.ts'
import { JobPool } from './jobs/pool.ts'
import { keepRunning } from './jobs/runners.ts'
import { forgive, keepUp } from './jobs/upkeep.ts'
import type { Logger } from './log.ts'
import { isAway } from './outages.ts'
import { Waiting, whoWaits, workFor } from './waiting.ts'

/** For how long connections are waited for that do not come back. */
const CLOSE_MS = 1_000

/** One kind of background work: its name, the shape of its payload, and what it does. Safe to run more than once. */
export interface Job<Payload, Deps> {
  name: string
  schema: z.ZodType<Payload>
  /** @param closing aborted when the process begins to close: a long job stops at the next good moment, and is done for now. */
  run(deps: Deps, payload: Payload, closing?: AbortSignal): Promise<void>
}

/** Keeps the payload's type next to the handler. */
export const defineJob = <Payload, Deps>(job: Job<Payload, Deps>): Job<Payload, Deps> => job

export interface EnqueueOptions {
  runAt?: Date
  /** Instead of a time: so long from now, by Postgres' clock. */
  afterSeconds?: number
  /** A waiting job of the same key is replaced instead of doubled. */
  key?: string
}

/** A job as the database takes it. */
export interface NewJob
  extends Required<{ [Option in keyof EnqueueOptions]: EnqueueOptions[Option] | null }> {
  name: string
  /** JSON. */
  body: string
}

/** A job that is to be added by a statement that writes something else too: it runs by the name of the caller's request, unless another is given. */
export function newJob<Payload>(
  job: { name: string; schema: z.ZodType<Payload> },
  payload: Payload,
  {
    runAt = null,
    afterSeconds = null,
    key = null,
    requestId = whoWaits()?.requestId,
  }: Partial<Omit<NewJob, 'name' | 'body'>> & { requestId?: string | undefined } = {},
): NewJob {
  const body = JSON.stringify(requestId === undefined ? payload : { ...payload, requestId })
  return { name: job.name, body, runAt, afterSeconds, key }
}

/** Adds a job in the caller's transaction: it runs if and only if that commits, by the name of the caller's request. */
export async function enqueue<Payload>(
  tx: Tx,
  job: { name: string; schema: z.ZodType<Payload> },
  payload: Payload,
  options: EnqueueOptions = {},
): Promise<void> {
  const { name, body, runAt, afterSeconds, key } = newJob(job, payload, options)
  await tx.$executeRaw`SELECT kit.add_jobs(ARRAY[${name}::text], ARRAY[${body}::text],
    ARRAY[coalesce(${runAt}::timestamptz, now() + make_interval(secs => ${afterSeconds}::float8), now())], ARRAY[${key}::text])`
}

export interface JobRunnerOptions<Deps> {
  connectionString: string
  log: Logger
  deps: Deps
  // oxlint-disable-next-line typescript/no-explicit-any -- a list of jobs with payloads of their own
  jobs: Job<any, Deps>[]
  /** crontab lines: name of a job in `jobs` (its payload is `{}`) and when, as in `* * * * *`. */
  crons?: { job: string; match: string }[]
  concurrency?: number
  /** To the database, for what graphile-worker itself asks; one of them only listens. */
  connections?: number
}

/** The jobs of one process. */
export interface JobRunner {
  /** Why no jobs are run at this moment, as a sentence; null when they are. */
  problem(): string | null
  /** Begins no more jobs, and waits for those under way: not for long while the database is away. */
  close(): Promise<void>
}

/**
 * Works off the jobs of one database until closed, whatever becomes of the database: a job whose end could not be noted
 * runs again, one that fails only because something is away is tried until it is not, and what a killed process had locked is
 * freed by the others within seconds.
 * @returns as soon as it runs, or the database was found not to be there yet, or to be of no use: it goes on trying, and `problem` says why.
 */
export async function startJobs<Deps>(options: JobRunnerOptions<Deps>): Promise<JobRunner> {
  const { connectionString, log, concurrency = 5, connections = concurrency + 2, crons = [] } = options
  const pool = new JobPool(connectionString, connections, log)
  const active = new Set<string>()
  const runners = keepRunning({
    pool,
    log,
    concurrency,
    tasks: (stopping) => tasksOf(options, pool, stopping, active),
    crons: parseCronItems(
      crons.map(({ job, match }) => ({ task: job, match, identifier: job, options: { backfillPeriod: 0 } })),
    ),
  })
  const upkeep = keepUp(pool, runners, active, log)
  await runners.tried
  return {
    problem: () => upkeep.problem() ?? runners.problem(),
    async close() {
      await Promise.race([runners.close(), upkeep.givenUp()])
      await pool.settled()
      await upkeep.close()
      await Promise.race([pool.end(), sleep(CLOSE_MS, undefined, { ref: false })])
    },
  }
}

/** Nobody waits for a job; yet what it asks of other processes is asked by the name of the request that wanted it. */
function requestOf(payload: unknown): Waiting {
  const { requestId } = (payload ?? {}) as { requestId?: unknown }
  const waiting = new Waiting(typeof requestId === 'string' ? requestId : undefined)
  waiting.keep()
  return waiting
}

/** What graphile-worker is to run. A failed job is in the log here, but not one that had to fail since something is away: that is an outage, told once. */
function tasksOf<Deps>(
  { jobs, deps, log }: JobRunnerOptions<Deps>,
  pool: pg.Pool,
  stopping: AbortSignal,
  active: Set<string>,
): TaskList {
  const task =
    (job: JobRunnerOptions<Deps>['jobs'][number]): Task =>
    async (payload, { job: { id, attempts, max_attempts } }) => {
      active.add(id)
      try {
        await workFor(requestOf(payload), () => job.run(deps, job.schema.parse(payload), stopping))
      } catch (error) {
        const away = isAway(error, log)
        if (away) log.debug({ task: job.name, reason: (error as Error).message }, 'job has to wait')
        else
          log.warn({ err: error, task: job.name, attempts, max_attempts }, 'job failed, will be tried again')
        await forgive(pool, { id, attempts, isAway: away }).catch(() => undefined) // then this attempt counts
        throw error
      } finally {
        active.delete(id)
      }
    }
  return Object.fromEntries(jobs.map((job) => [job.name, task(job)]))
}
