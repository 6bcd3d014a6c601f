import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Logger as GraphileLogger,
  type ParsedCronItem,
  type Runner,
  run,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker'
import type pg from 'pg'
import type { Logger } from '../log.ts'
import { isAway } from '../outages.ts'

/** Before a runner that could not start, or has ended, is followed by another; twice as long each time, until one has lived for a while. */
const PAUSE_MS = 200
const MAX_PAUSE_MS = 3_000

/** In words of our own, for anybody may ask: a system's error names addresses. */
export const JOBS_AWAY = 'The database of the jobs is away.'

/** Why jobs are not run, as `/ready` tells it. That something is away is noted as an outage (`isAway`). */
export const problemOf = (error: unknown, log: Logger): string =>
  isAway(error, log) ? JOBS_AWAY : (error as Error).message

/** graphile-worker's runner, which is followed by another when it ends, or has been kept from its database for a while. */
export interface Runners {
  /** Runners that work on something or may begin to, by the names under which they lock it. */
  readonly alive: ReadonlySet<string>
  /** Those that have ended: whoever tells Postgres deletes them here. */
  readonly ended: Set<string>
  /** Settles at the first attempt to start one, whether it succeeded or not. */
  readonly tried: Promise<void>
  /** Why none runs, as a sentence; null while one does. */
  problem(): string | null
  /** Puts another one in the place of the present one, which waits out its own pauses (up to minutes) after an outage. */
  replace(): void
  /** Begins no more jobs; resolves when those under way are done. */
  close(): Promise<void>
}

export interface RunnerOptions {
  pool: pg.Pool
  log: Logger
  concurrency: number
  /** @param stopping aborted when this runner begins no more jobs. */
  tasks(stopping: AbortSignal): TaskList
  crons: ParsedCronItem[]
}

/** Keeps one runner at work until closed. */
export function keepRunning({ pool, log, concurrency, tasks, crons }: RunnerOptions): Runners {
  const alive = new Set<string>()
  const ended = new Set<string>()
  const closing = new AbortController()
  const tried = Promise.withResolvers<void>()
  let problem: string | null = 'Jobs are being started.'
  let present: { stop(): void } | null = null

  async function startOne(): Promise<{ runner: Runner; over: Promise<void>; useless: Promise<never> }> {
    if (!(await isMigrated(pool)))
      throw new Error('The database has not been migrated: its tables for jobs are missing.')
    const stopping = new AbortController()
    const events: WorkerEvents = new EventEmitter()
    let name = ''
    events.on('pool:create', ({ workerPool }) => alive.add((name = workerPool.id)))
    events.on('pool:gracefulShutdown', () => stopping.abort())
    const useless = failureOfFirstLook(events)
    const runner = await run({
      pgPool: pool,
      events,
      noHandleSignals: true,
      taskList: tasks(stopping.signal),
      parsedCronItems: crons,
      preset: {
        worker: {
          concurrentJobs: concurrency,
          pollInterval: 1_000,
          // What matters of its own log reaches ours by other ways.
          logger: new GraphileLogger(() => (level, message) => log.trace({ level }, message)),
        },
      },
    })
    const over = runner.promise
      .catch((error: unknown) => log.trace({ err: error }, 'job runner failed'))
      .then(() => {
        alive.delete(name)
        ended.add(name)
      })
    return { runner, over, useless }
  }

  /** Those that have been started and have not ended, the present one and those it has replaced. */
  const running = new Set<Promise<void>>()

  async function runOne(): Promise<void> {
    const { runner, over, useless } = await startOne()
    running.add(over)
    void over.then(() => running.delete(over))
    problem = null
    tried.resolve()
    const replaced = Promise.withResolvers<void>()
    const stop = (): void => {
      replaced.resolve()
      runner.stop().catch(() => undefined) // it has ended by itself
    }
    present = { stop }
    if (closing.signal.aborted) stop()
    try {
      await Promise.race([over, replaced.promise, useless])
    } finally {
      present = null
      stop()
    }
  }

  async function supervise(): Promise<void> {
    for (let pauses = 0; !closing.signal.aborted; pauses++) {
      const began = performance.now()
      try {
        await runOne()
        if (performance.now() - began > 2 * MAX_PAUSE_MS) pauses = 0
      } catch (error) {
        const reason = problemOf(error, log)
        if (reason !== JOBS_AWAY && reason !== problem) log.error({ reason }, 'jobs cannot be run')
        problem = reason
        tried.resolve()
      }
      await sleep(Math.min(PAUSE_MS * 2 ** pauses, MAX_PAUSE_MS), undefined, {
        signal: closing.signal,
      }).catch(() => undefined)
    }
  }
  const supervised = supervise()

  return {
    alive,
    ended,
    tried: tried.promise,
    problem: () => problem,
    replace: () => present?.stop(),
    async close() {
      closing.abort()
      present?.stop()
      await supervised
      await Promise.all(running)
    },
  }
}

/**
 * Rejects when the first look of a runner for jobs fails. graphile-worker keeps what came of it, the ids of its tasks, for as long as
 * the runner lives, and a failure as well: it would live on, and never find a job.
 */
function failureOfFirstLook(events: WorkerEvents): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => undefined) // nobody may be waiting any more
  const hasLooked = (): void => void events.off('worker:getJob:error', failed)
  const failed = ({ error }: { error: unknown }): void => reject(error)
  events.once('worker:getJob:empty', hasLooked)
  events.once('job:start', hasLooked)
  events.on('worker:getJob:error', failed)
  return promise
}

/** Whether what jobs need is there: the database may be older than the process. */
async function isMigrated(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ there: boolean }>(
    `SELECT to_regclass('graphile_worker._private_jobs') IS NOT NULL AND to_regclass('kit.workers') IS NOT NULL AS there`,
  )
  return rows[0]?.there === true
}
