import type { Check } from './report.ts'

/** A worker says every few seconds that it lives (packages/kit/src/jobs.ts). */
const SEEN_SECONDS = 30
/** After so many attempts a job has failed for some minutes. */
const FAILING_ATTEMPTS = 6

const JOBS = 'graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id'
const NAMED = 'j.id AS job_id, t.identifier AS task, j.key'

/** Lets jobs run now, as if for the first time. All of them are safe to run again. */
const runAgain = (breaches: string): string =>
  `SELECT count(*)::int AS count FROM graphile_worker.reschedule_jobs(
     (SELECT array_agg(job_id) FROM (${breaches}) breach), run_at => now(), attempts => 0)`

/** SQL that enqueues the delivery of what waits, for rows with `consumer` and `aggregate_id`. Several at once do no harm: each tells in order, and repeats are dropped. */
export const deliver = (aggregates: string): string =>
  `SELECT count(graphile_worker.add_job('deliver-events',
     payload => json_build_object('consumer', consumer, 'aggregateId', aggregate_id), max_attempts => 25))::int AS count
   FROM (SELECT DISTINCT consumer, aggregate_id FROM (${aggregates}) event) aggregate`

const late = (column: string, graceSeconds: number): string =>
  `${column} < now() - make_interval(secs => ${graceSeconds})`

/** What holds in every database: its jobs are done, and its events delivered. */
export const WORK_CHECKS: readonly Check[] = [
  {
    name: 'outbox',
    rule: 'what happened is told to whom it concerns',
    breaches: ({
      graceSeconds,
    }) => `SELECT consumer, aggregate_id, count(*)::int AS events, min(type) AS type, min(occurred_at) AS since
      FROM kit.outbox WHERE delivered_at IS NULL AND ${late('occurred_at', graceSeconds)} GROUP BY consumer, aggregate_id`,
    repair: { how: 'enqueued again (deliver-events)', sql: deliver },
  },
  // Before what frees jobs, which may be late then.
  {
    name: 'late-jobs',
    rule: 'a job that is due is taken',
    breaches: ({ graceSeconds }) => `SELECT ${NAMED}, j.run_at, j.attempts FROM ${JOBS}
      WHERE j.is_available AND ${late('j.run_at', graceSeconds)}
        AND (j.job_queue_id IS NULL OR EXISTS (SELECT FROM graphile_worker._private_job_queues q
          WHERE q.id = j.job_queue_id AND (q.is_available OR ${late('q.locked_at', graceSeconds)})))`,
  },
  {
    name: 'jobs-given-up',
    rule: 'no job was given up',
    breaches: () => `SELECT ${NAMED}, j.attempts, j.last_error FROM ${JOBS}
      WHERE j.attempts >= j.max_attempts AND j.locked_at IS NULL`,
    repair: { how: 'begun again', sql: runAgain },
  },
  {
    name: 'jobs-failing',
    rule: 'no job fails again and again',
    breaches: () => `SELECT ${NAMED}, j.attempts, j.run_at AS next_at, j.last_error FROM ${JOBS}
      WHERE j.attempts BETWEEN ${FAILING_ATTEMPTS} AND j.max_attempts - 1 AND j.locked_at IS NULL`,
    repair: { how: 'begun again at once', sql: runAgain },
  },
  {
    name: 'jobs-of-dead-workers',
    rule: 'what is locked is locked by a worker that lives',
    breaches: ({ graceSeconds }) => `SELECT locked_by AS worker, what, id, locked_at FROM (
        SELECT locked_by, 'job' AS what, id, locked_at FROM graphile_worker._private_jobs WHERE locked_at IS NOT NULL
        UNION ALL SELECT locked_by, 'queue', id, locked_at FROM graphile_worker._private_job_queues WHERE locked_at IS NOT NULL
      ) l WHERE ${late('locked_at', graceSeconds)} AND NOT EXISTS (SELECT FROM kit.workers w
        WHERE w.worker_id = l.locked_by AND w.seen_at > now() - interval '${SEEN_SECONDS} seconds')`,
    repair: {
      how: 'unlocked',
      sql: (
        breaches,
      ) => `WITH dead AS MATERIALIZED (SELECT worker FROM (${breaches}) breach), freed AS MATERIALIZED (
          SELECT graphile_worker.force_unlock_workers((SELECT array_agg(DISTINCT worker) FROM dead))
        ) SELECT (SELECT count(*) FROM dead)::int AS count FROM freed`,
    },
  },
  {
    name: 'jobs-without-queue',
    rule: 'a job’s queue exists',
    breaches: () => `SELECT ${NAMED}, j.job_queue_id AS lost_queue, j.run_at FROM ${JOBS}
      WHERE j.job_queue_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM graphile_worker._private_job_queues q WHERE q.id = j.job_queue_id)`,
    repair: {
      how: 'taken out of the queue that is gone',
      sql: (breaches) => `WITH freed AS (UPDATE graphile_worker._private_jobs SET job_queue_id = NULL
          WHERE id IN (SELECT job_id FROM (${breaches}) breach) RETURNING 1)
        SELECT count(*)::int AS count FROM freed`,
    },
  },
]
