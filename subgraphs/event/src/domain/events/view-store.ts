import type { Reads } from '@karcis/kit/reads'
import type { Tx } from '../database.ts'
import type { Event } from './event.ts'
import { APPROVED, TO_COME } from './event-filter.ts'
import { EVENT_COLUMNS } from './event-store.ts'

/** Counts a view today (UTC): one row per event and day, so that popularity can forget. */
export async function upsertView(tx: Tx, eventId: string): Promise<void> {
  await tx.$executeRaw`INSERT INTO event_views (event_id, day, views)
    VALUES (${eventId}::uuid, (now() AT TIME ZONE 'UTC')::date, 1)
    ON CONFLICT (event_id, day) DO UPDATE SET views = event_views.views + 1`
}

/**
 * Adds views of days long past up, to one number for each event: the oldest first, and so many at most. What another transaction
 * is at is left to it.
 * @returns how many were added up.
 */
export async function foldViews(tx: Tx, days: number, limit: number): Promise<number> {
  const [row] = await tx.$queryRaw<{ count: number }[]>`
    WITH old AS (
      SELECT event_id, day FROM event_views
      WHERE day > '-infinity' AND day < (now() AT TIME ZONE 'UTC')::date - ${days}::int
      ORDER BY day LIMIT ${limit}::int FOR UPDATE SKIP LOCKED
    ), gone AS (
      DELETE FROM event_views v USING old WHERE v.event_id = old.event_id AND v.day = old.day RETURNING v.event_id, v.views
    ), folded AS (
      INSERT INTO event_views (event_id, day, views)
      SELECT event_id, '-infinity', sum(views) FROM gone GROUP BY event_id ORDER BY event_id
      ON CONFLICT (event_id, day) DO UPDATE SET views = event_views.views + excluded.views
    )
    SELECT count(*)::int AS count FROM gone`
  return row?.count ?? 0
}

/** Views since an event was added, by event; those without any are left out. */
export async function findViewCounts(db: Reads, eventIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.$queryRaw<{ id: string; views: number }[]>`
    SELECT event_id AS id, sum(views)::int AS views
    FROM event_views WHERE event_id = ANY(${eventIds}::uuid[]) GROUP BY event_id`
  return new Map(rows.map(({ id, views }) => [id, views]))
}

/**
 * Approved events yet to end, the most viewed of the last 30 days first, then the soonest: a hundred at most. Of those that nobody has
 * viewed only the soonest are looked at.
 */
export const listPopularEvents = (db: Reads): PromiseLike<Event[]> =>
  db.$queryRaw<Event[]>`
    WITH recent AS MATERIALIZED (
      SELECT event_id, sum(views) AS views FROM event_views
      WHERE day > (now() AT TIME ZONE 'UTC')::date - 30 GROUP BY event_id
    ), viewed AS (
      SELECT e.id, recent.views FROM recent JOIN events e ON e.id = recent.event_id
      WHERE ${APPROVED} AND ${TO_COME} ORDER BY recent.views DESC, e.starts_at, e.id LIMIT 100
    ), soonest AS (
      SELECT e.id, 0::numeric FROM events e
      WHERE ${APPROVED} AND ${TO_COME} AND e.id NOT IN (SELECT event_id FROM recent) ORDER BY e.starts_at, e.id LIMIT 100
    )
    SELECT ${EVENT_COLUMNS} FROM (SELECT * FROM viewed UNION ALL SELECT * FROM soonest) AS popular
    JOIN events e ON e.id = popular.id ORDER BY popular.views DESC, e.starts_at, e.id LIMIT 100`
