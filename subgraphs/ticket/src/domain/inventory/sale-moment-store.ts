import type { Tx } from '../database.ts'

/**
 * Has the next moment announced at which a sale of an event begins or ends by time, or the event itself ends; whatever was to be
 * announced before is forgotten. One job per event, at Postgres' clock. Called wherever such a moment may have changed.
 */
export async function scheduleSaleMoment(tx: Tx, eventId: string): Promise<void> {
  await tx.$executeRaw`
    WITH next AS (
      SELECT min(m.at) AS at FROM ticket_types t JOIN event_copies e ON e.id = t.event_id
      CROSS JOIN LATERAL (VALUES (t.sale_starts_at), (t.sale_ends_at), (e.ends_at)) AS m(at)
      WHERE t.event_id = ${eventId}::uuid AND m.at > now()
    )
    SELECT CASE WHEN n.at IS NULL THEN graphile_worker.remove_job('announce-sale-moment:' || ${eventId})::text
      ELSE graphile_worker.add_job('announce-sale-moment', payload => json_build_object('eventId', ${eventId}::text), run_at => n.at,
        job_key => 'announce-sale-moment:' || ${eventId}, max_attempts => 25)::text END
    FROM next n`
}
