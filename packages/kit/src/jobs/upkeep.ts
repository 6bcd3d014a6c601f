import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Logger } from '../log.ts'
import type { JobPool } from './pool.ts'
import { JOBS_AWAY, problemOf, type Runners } from './runners.ts'

const HEARTBEAT_MS = 3_000
/** Heartbeats from one look at what changes slowly to the next. */
const BEATS_PER_LOOK = 20
/** Who could not reach the database does not know for so many heartbeats who else could not: the living are to be heard of first. */
const BEATS_TO_KNOW = 3
/** After so many missed heartbeats the runner is replaced as soon as the database is back. */
const MISSED = 2
/** For how long jobs under way are waited for at the end, when they cannot be done as the database is away. */
const GIVE_UP_MS = 3_000

/** What goes on beside the running of jobs. */
export interface Upkeep {
  /** Why the last heartbeat failed, as a sentence; null when it did not. */
  problem(): string | null
  /** Resolves when there is no point in waiting for jobs any longer: to be asked for when closing. */
  givenUp(): Promise<void>
  close(): Promise<void>
}

/** Says every few seconds that our runners live, frees what dead ones had locked, and tells of jobs that nobody will try again. */
export function keepUp(pool: JobPool, runners: Runners, active: ReadonlySet<string>, log: Logger): Upkeep {
  const closing = new AbortController()
  const pause = (ms: number) => sleep(ms, undefined, { signal: closing.signal }).catch(() => undefined)
  const pulse = { missed: 0, problem: null as string | null }
  let beats = BEATS_TO_KNOW
  let told = ''

  async function work(): Promise<void> {
    if (pool.unnoted === 0) await buryEnded()
    if (!pool.isBehind) await freeUnheard(pool, runners.alive, active)
    await beat(pool, runners.alive)
    if (pulse.missed >= MISSED) runners.replace()
    Object.assign(pulse, { missed: 0, problem: null })
    await deleteReplaced(pool)
    if (beats++ < BEATS_TO_KNOW) return
    await buryDead(pool)
    if ((beats - BEATS_TO_KNOW) % BEATS_PER_LOOK !== 1) return
    await leaveQueues(pool)
    const dead = await listDead(pool)
    const now = JSON.stringify(dead)
    if (now !== told && dead.length > 0)
      log.error({ dead }, 'jobs have used up their attempts and are not tried again')
    told = now
  }

  async function buryEnded(): Promise<void> {
    const ended = [...runners.ended]
    if (ended.length > 0) await bury(pool, ended)
    for (const name of ended) runners.ended.delete(name)
  }

  async function keep(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await work()
      } catch (error) {
        const problem = problemOf(error, log)
        const isNews = problem !== pulse.problem && problem !== JOBS_AWAY && runners.problem() === null
        if (isNews) log.warn({ err: error }, 'heartbeat missed')
        pulse.missed += 1
        pulse.problem = problem
        beats = 0
      }
      await pause(HEARTBEAT_MS)
    }
  }
  const kept = keep()

  return {
    problem: () => pulse.problem,
    async givenUp() {
      await pause(GIVE_UP_MS)
      while (pulse.missed === 0 && !closing.signal.aborted) await pause(200)
    },
    async close() {
      closing.abort()
      await kept
      await buryEnded().catch(() => undefined) // the others will do it
    },
  }
}

/** A runner that was not seen for so long is taken for dead. Jobs are idempotent, so a wrong guess costs work, not truth. */
const DEAD_AFTER_SECONDS = 15
/** An answer that has not come by then never will: what asks gives its connection up before (bounded-client.ts). */
const UNHEARD_AFTER_SECONDS = 10

/**
 * True of a job whose key was added again while it ran: `add_job` takes the key and all attempts from it, so once unlocked it would
 * be kept for ever as one that was given up, beside the one that has taken its place. The database marks it (0004_replaced_jobs.sql).
 */
const IS_REPLACED = `(key IS NULL AND coalesce(flags ? 'replaced', false))`

/** Says that these runners live. */
async function beat(pool: pg.Pool, runners: Iterable<string>): Promise<void> {
  await pool.query(
    `INSERT INTO kit.workers (worker_id) SELECT unnest($1::text[])
     ON CONFLICT (worker_id) DO UPDATE SET seen_at = now()`,
    [[...runners]],
  )
}

/** Frees what our runners have locked and never heard of, as the answer was lost with its connection. */
async function freeUnheard(
  pool: pg.Pool,
  runners: ReadonlySet<string>,
  active: ReadonlySet<string>,
): Promise<void> {
  await pool.query(
    `UPDATE graphile_worker._private_jobs SET locked_at = NULL, locked_by = NULL
     WHERE locked_by = ANY($1::text[]) AND id <> ALL($2::bigint[]) AND locked_at < now() - make_interval(secs => $3)`,
    [[...runners], [...active], UNHEARD_AFTER_SECONDS],
  )
}

/** Frees what runners had locked that are no more, and forgets them. */
async function bury(pool: pg.Pool, runners: string[]): Promise<void> {
  await pool.query(
    `WITH buried AS (DELETE FROM kit.workers WHERE worker_id = ANY($1))
     SELECT graphile_worker.force_unlock_workers($1::text[])`,
    [runners],
  )
}

/** Frees what runners had locked that were not seen for too long: graphile-worker by itself would wait four hours. */
async function buryDead(pool: pg.Pool): Promise<void> {
  const isDead = `locked_at < now() - make_interval(secs => $1)
    AND locked_by NOT IN (SELECT worker_id FROM kit.workers WHERE seen_at > now() - make_interval(secs => $1))`
  await pool.query(
    `WITH dead AS (SELECT DISTINCT locked_by FROM graphile_worker.jobs WHERE ${isDead}), forgotten AS (
       DELETE FROM kit.workers WHERE seen_at < now() - make_interval(secs => 20 * $1)
     )
     SELECT graphile_worker.force_unlock_workers(array_agg(locked_by)) FROM dead HAVING count(*) > 0`,
    [DEAD_AFTER_SECONDS],
  )
}

/** Deletes what was replaced and nobody works on any more, whoever unlocked it. */
async function deleteReplaced(pool: pg.Pool): Promise<void> {
  await pool.query(`DELETE FROM graphile_worker._private_jobs WHERE ${IS_REPLACED} AND locked_at IS NULL`)
}

/**
 * Takes jobs out of their queues. We name none: a queue that is deleted around an `add_job` takes that job with it, which no
 * worker finds any more. Only processes of earlier versions still make some.
 */
async function leaveQueues(pool: pg.Pool): Promise<void> {
  await pool.query(`UPDATE graphile_worker._private_jobs SET job_queue_id = NULL
    WHERE job_queue_id IS NOT NULL AND locked_at IS NULL`)
}

/** The next attempt comes after e³ seconds, 20, at the latest: graphile-worker counts the pauses from the attempts. */
const SOON = 3

/**
 * To be called before a failed attempt is noted. A job that failed only because something is away is tried again soon, and
 * for as long as that lasts. One that was replaced while it ran is deleted; one that is replaced from here on, the next heartbeat finds.
 * @param job its `attempts`: with this one, as it began.
 */
export async function forgive(
  pool: pg.Pool,
  job: { id: string; attempts: number; isAway: boolean },
): Promise<void> {
  await pool.query(
    `WITH replaced AS (
       DELETE FROM graphile_worker._private_jobs WHERE id = $1 AND ${IS_REPLACED}
     )
     UPDATE graphile_worker._private_jobs SET attempts = least(attempts, ${SOON})
     WHERE id = $1 AND attempts = $2 AND $3 AND NOT ${IS_REPLACED}`,
    [job.id, job.attempts, job.isAway],
  )
}

/** Jobs of one kind that nobody will try again. */
export interface DeadJobs {
  task: string
  jobs: number
  lastError: string | null
}

/** Jobs that have used up their attempts, by kind. */
async function listDead(pool: pg.Pool): Promise<DeadJobs[]> {
  const { rows } = await pool.query<DeadJobs>(
    `SELECT t.identifier AS task, count(*)::int AS jobs, (array_agg(j.last_error ORDER BY j.run_at DESC))[1] AS "lastError"
     FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id
     WHERE j.attempts >= j.max_attempts AND j.locked_at IS NULL AND NOT ${IS_REPLACED} GROUP BY 1 ORDER BY 1`,
  )
  return rows
}
