import { EventEmitter } from 'node:events'
import {
  Logger as GraphileLogger,
  makeWorkerUtils,
  parseCronItems,
  run,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker'
import pg from 'pg'
import type { z } from 'zod'
import type { Tx } from './database.ts'
import type { Logger } from './log.ts'

const HEARTBEAT_MS = 3_000
const FORGET_QUEUES = 'forget-empty-queues'
/** A worker that was not seen for so long is taken for dead. Jobs are idempotent, so a wrong guess costs work, not truth. */
const DEAD_AFTER_SECONDS = 15

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
  /** A waiting job of the same key is replaced instead of doubled. */
  key?: string
  /** Jobs of one queue run one after the other. */
  queue?: string
}

/** Adds a job in the caller's transaction: it runs if and only if that commits. */
export async function enqueue<Payload>(
  tx: Tx,
  job: { name: string; schema: z.ZodType<Payload> },
  payload: Payload,
  options: EnqueueOptions = {},
): Promise<void> {
  const body = JSON.stringify(payload)
  const { runAt = null, key = null, queue = null } = options
  await tx.$executeRaw`SELECT graphile_worker.add_job(${job.name}::text, payload => ${body}::json,
    queue_name => ${queue}::text, run_at => ${runAt}::timestamptz, job_key => ${key}::text, max_attempts => 25)`
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
}

/**
 * Works off the jobs of one database until closed. What a killed process had locked is freed by the others within
 * seconds: graphile-worker by itself would wait four hours.
 */
export async function startJobs<Deps>(options: JobRunnerOptions<Deps>): Promise<{ close(): Promise<void> }> {
  const { connectionString, log, deps, jobs, crons = [], concurrency = 5 } = options
  const pool = new pg.Pool({ connectionString, max: concurrency + 2, application_name: 'karcis-jobs' })
  const connectionLost = (error: Error): void => log.warn({ reason: error.message }, 'job connection lost')
  pool.on('error', connectionLost)
  pool.on('connect', (client) => client.on('error', connectionLost))
  const workerIds = new Set<string>()

  const closing = new AbortController()
  const taskList: TaskList = Object.fromEntries(
    jobs.map((job) => [
      job.name,
      async (payload: unknown) => job.run(deps, job.schema.parse(payload), closing.signal),
    ]),
  )
  // The events of each aggregate have a queue of their own; an empty one would stay for ever.
  taskList[FORGET_QUEUES] = async () =>
    (await makeWorkerUtils({ pgPool: pool })).cleanup({ tasks: ['GC_JOB_QUEUES'] })
  const events: WorkerEvents = new EventEmitter()
  events.on('worker:create', ({ worker }) => workerIds.add(worker.workerId))
  events.on('job:error', ({ job, error }) => {
    log.warn(
      { err: error, task: job.task_identifier, attempts: job.attempts },
      'job failed, will be tried again',
    )
  })
  const runner = await run({
    pgPool: pool,
    events,
    concurrency,
    noHandleSignals: true,
    pollInterval: 1_000,
    taskList,
    parsedCronItems: parseCronItems(
      [...crons, { job: FORGET_QUEUES, match: '7 * * * *' }].map(({ job, match }) => ({
        task: job,
        match,
        identifier: job,
        options: { backfillPeriod: 0 },
      })),
    ),
    // What matters of its own log reaches ours by the events above.
    logger: new GraphileLogger(() => (level, message) => log.trace({ level }, message)),
  })

  async function beat(): Promise<void> {
    try {
      await pool.query(
        `INSERT INTO kit.workers (worker_id) SELECT unnest($1::text[])
         ON CONFLICT (worker_id) DO UPDATE SET seen_at = now()`,
        [[...workerIds]],
      )
      await pool.query(
        `WITH dead AS (
           SELECT DISTINCT locked_by FROM graphile_worker.jobs
           WHERE locked_at < now() - make_interval(secs => $1)
             AND locked_by NOT IN (SELECT worker_id FROM kit.workers WHERE seen_at > now() - make_interval(secs => $1))
         ), forgotten AS (
           DELETE FROM kit.workers WHERE seen_at < now() - make_interval(secs => 20 * $1)
         )
         SELECT graphile_worker.force_unlock_workers(array_agg(locked_by)) FROM dead HAVING count(*) > 0`,
        [DEAD_AFTER_SECONDS],
      )
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'heartbeat missed')
    }
  }
  await beat()
  const heartbeat = setInterval(() => void beat(), HEARTBEAT_MS)

  return {
    async close() {
      closing.abort()
      clearInterval(heartbeat)
      await runner.stop()
      await pool.end()
    },
  }
}
