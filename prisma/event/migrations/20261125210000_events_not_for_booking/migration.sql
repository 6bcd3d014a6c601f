-- The booking subgraph takes no `event.changed`, so it is no longer sent there: what still waited for it would be tried in vain.
DELETE FROM kit.outbox WHERE consumer = 'booking' AND delivered_at IS NULL;
SELECT graphile_worker.remove_job(key) FROM graphile_worker.jobs WHERE key LIKE 'deliver:booking:%';
