import type { Db, Tx } from '../database.ts'

/**
 * Has the next moment announced at which a sale of an event begins or ends by time, or the event itself ends; whatever was to be
 * announced before is forgotten. One job per event, at Postgres' clock; the moment is noted with the event as well, where it is found when
 * the job was lost. Called wherever such a moment may have changed.
 */
export async function scheduleSaleMoment(tx: Tx, eventId: string): Promise<void> {
  await tx.$executeRaw`
    WITH next AS (
      SELECT min(m.at) AS at FROM ticket_types t JOIN event_copies e ON e.id = t.event_id
      CROSS JOIN LATERAL (VALUES (t.sale_starts_at), (t.sale_ends_at), (e.ends_at)) AS m(at)
      WHERE t.event_id = ${eventId}::uuid AND m.at > now()
    ), noted AS (
      UPDATE event_copies SET next_moment_at = next.at FROM next
      WHERE id = ${eventId}::uuid AND next_moment_at IS DISTINCT FROM next.at
    )
    SELECT CASE WHEN n.at IS NULL THEN graphile_worker.remove_job('announce-sale-moment:' || ${eventId})::text
      ELSE graphile_worker.add_job('announce-sale-moment', payload => json_build_object('eventId', ${eventId}::text), run_at => n.at,
        job_key => 'announce-sale-moment:' || ${eventId}, max_attempts => 25)::text END
    FROM next n`
}

/** Up to `limit` events of which a moment came more than some seconds ago and was not announced, the longest past first. */
export async function listMissedMoments(db: Db, seconds: number, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id FROM event_copies
    WHERE next_moment_at < now() - make_interval(secs => ${seconds}::int) ORDER BY next_moment_at LIMIT ${limit}`
  return rows.map(({ id }) => id)
}
