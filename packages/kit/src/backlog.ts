import type { RawSql } from './database.ts'

/** What one database still has to do for others and for itself, as numbers for people who run it. */
export interface Backlog {
  /** Jobs that could be run and were not for a minute. */
  lateJobs: number
  /** Jobs that have used up their attempts: nobody will try them again. */
  deadJobs: number
  /** Events that have not been delivered yet, and the age of the oldest of them in seconds (0 when there is none). */
  undeliveredEvents: number
  oldestEventSeconds: number
}

/** Counts what waits. Reads all jobs, so not for every request. */
export async function readBacklog(db: RawSql): Promise<Backlog> {
  const [row] = await db.$queryRaw<[Backlog]>`SELECT j.*, e.* FROM
    (SELECT count(*) FILTER (WHERE is_available AND run_at < now() - interval '1 minute')::int AS "lateJobs",
      count(*) FILTER (WHERE attempts >= max_attempts AND locked_at IS NULL)::int AS "deadJobs"
      FROM graphile_worker._private_jobs) j,
    (SELECT count(*)::int AS "undeliveredEvents",
      coalesce(extract(epoch FROM now() - min(occurred_at)), 0)::int AS "oldestEventSeconds"
      FROM kit.outbox WHERE delivered_at IS NULL) e`
  return row
}
