-- What is planned already.
-- allowed: events that are still to come, some thousand rows; who buys locks none of them, only who organizes waits
UPDATE event_copies SET next_moment_at = job.run_at FROM graphile_worker.jobs job
WHERE job.key = 'announce-sale-moment:' || event_copies.id AND event_copies.next_moment_at IS NULL;
