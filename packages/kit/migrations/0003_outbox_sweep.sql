-- When the sweep looks after an event that has not been delivered, and how often it has done so (packages/kit/src/events.ts).
ALTER TABLE kit.outbox
  ADD COLUMN next_try_at timestamptz NOT NULL DEFAULT now() + interval '4 seconds',
  ADD COLUMN tries integer NOT NULL DEFAULT 0;
CREATE INDEX outbox_due ON kit.outbox (next_try_at) WHERE delivered_at IS NULL;

-- Jobs have no queues any more: one that is deleted around an add_job takes that job with it.
UPDATE graphile_worker._private_jobs SET job_queue_id = NULL WHERE job_queue_id IS NOT NULL AND locked_at IS NULL;
