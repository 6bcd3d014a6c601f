import { BadUserInput, NotFound } from '@karcis/kit/errors'
import type { Reads } from '@karcis/kit/reads'
import type { Context } from './deps.ts'
import { type Tx, transaction } from './database.ts'
import { type Event, maySee } from './event.ts'
import { EVENT_COLUMNS } from './event-store.ts'

/** Counts a view of an approved event; a keeper's look at its unapproved one counts nothing. @throws NotFound. */
export async function recordEventView(ctx: Context, id: string): Promise<Event> {
  const event = await ctx.loaders.event.load(id)
  if (!event || !maySee(event, ctx.viewer)) throw new NotFound('event', id)
  if (event.status === 'APPROVED') await transaction(ctx.deps.db, async (tx) => addView(tx, id))
  return event
}

/** One row per event and day, so that popularity can forget. */
const addView = (tx: Tx, eventId: string): PromiseLike<number> =>
  tx.$executeRaw`INSERT INTO event_views (event_id, day, views) VALUES (${eventId}::uuid, (now() AT TIME ZONE 'UTC')::date, 1)
    ON CONFLICT (event_id, day) DO UPDATE SET views = event_views.views + 1`

/** Views of these events since they exist; those without any are left out. */
export const countViews = (db: Reads, ids: readonly string[]): PromiseLike<{ id: string; views: number }[]> =>
  db.$queryRaw<{ id: string; views: number }[]>`SELECT event_id AS id, sum(views)::int AS views
    FROM event_views WHERE event_id = ANY(${ids}::uuid[]) GROUP BY event_id`

/** Approved events yet to end, the most viewed of the last 30 days first, then the soonest. */
export async function popularEvents(ctx: Context, first: number): Promise<Event[]> {
  if (first < 1 || first > 100) throw new BadUserInput([{ path: 'first', message: 'must be from 1 to 100' }])
  return ctx.deps.db.$queryRaw<Event[]>`SELECT ${EVENT_COLUMNS} FROM events e
    LEFT JOIN (SELECT event_id, sum(views) AS recent FROM event_views
      WHERE day > (now() AT TIME ZONE 'UTC')::date - 30 GROUP BY event_id) v ON v.event_id = e.id
    WHERE e.status = 'APPROVED' AND e.ends_at > now()
    ORDER BY COALESCE(v.recent, 0) DESC, e.starts_at, e.id LIMIT ${first}`
}
