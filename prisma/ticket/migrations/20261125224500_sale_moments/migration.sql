-- Watchers of a sale are told when it begins or ends by time: one job per event waits for the next such moment, and puts the one
-- after it in its place. Here for the sales that were planned before there was such a job.
SELECT count(graphile_worker.add_job('announce-sale-moment', payload => json_build_object('eventId', n.event_id), run_at => n.at,
  job_key => 'announce-sale-moment:' || n.event_id, max_attempts => 25))
FROM (
  SELECT t.event_id, min(m.at) AS at FROM ticket_types t JOIN event_copies e ON e.id = t.event_id
  CROSS JOIN LATERAL (VALUES (t.sale_starts_at), (t.sale_ends_at), (e.ends_at)) AS m(at)
  WHERE m.at > now() GROUP BY t.event_id
) n;
