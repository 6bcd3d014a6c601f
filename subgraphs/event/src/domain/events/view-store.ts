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

/** What a view and a buyer count for in an event's popularity. */
export const WEIGHT = { view: 1, buyer: 10 } as const

/** Makes an event more popular by what has just happened; of all that ever did, half is forgotten every seven days (`popularity_after`). */
export async function raisePopularity(tx: Tx, eventId: string, weight: number): Promise<void> {
  await tx.$executeRaw`UPDATE event_listings SET popularity = popularity_after(popularity, ${weight}::float8, now())
    WHERE event_id = ${eventId}::uuid`
}

/** Notes who has bought tickets of an event. @returns how many of them are new. */
export async function insertBuyers(tx: Tx, eventId: string, userIds: readonly string[]): Promise<number> {
  return tx.$executeRaw`INSERT INTO event_buyers (event_id, user_id)
    SELECT e.id, buyer FROM events e, unnest(${userIds}::uuid[]) buyer WHERE e.id = ${eventId}::uuid ORDER BY buyer
    ON CONFLICT DO NOTHING`
}

/** Forgets what somebody whose account is erased has bought. */
export async function deleteBuyer(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM event_buyers WHERE user_id = ${userId}::uuid`
}

/**
 * Approved events yet to end, the most popular first, then the soonest: a hundred at most. Of those that nobody has looked at only the
 * soonest are read.
 */
export const listPopularEvents = (db: Reads): PromiseLike<Event[]> =>
  db.$queryRaw<Event[]>`
    WITH popular AS (
      SELECT e.id, l.popularity FROM event_listings l JOIN events e ON e.id = l.event_id
      WHERE l.popularity > 0 AND ${APPROVED} AND ${TO_COME} ORDER BY l.popularity DESC, l.starts_at DESC, l.event_id DESC LIMIT 100
    ), soonest AS (
      SELECT e.id, 0::float8 FROM events e
      WHERE ${APPROVED} AND ${TO_COME} AND NOT EXISTS (SELECT FROM event_listings l WHERE l.event_id = e.id AND l.popularity > 0)
      ORDER BY e.starts_at, e.id LIMIT 100
    )
    SELECT ${EVENT_COLUMNS} FROM (SELECT * FROM popular UNION ALL SELECT * FROM soonest) AS first
    JOIN events e ON e.id = first.id ORDER BY first.popularity DESC, e.starts_at, e.id LIMIT 100`
