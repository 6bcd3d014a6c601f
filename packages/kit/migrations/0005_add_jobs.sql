-- What graphile_worker.add_jobs does, in one statement where nothing is in the way of it, and telling no worker of what is not due yet (packages/kit/src/jobs.ts).
CREATE FUNCTION kit.add_jobs(names text[], payloads text[], run_ats timestamptz[], keys text[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  wanted integer := coalesce(cardinality(names), 0);
  added integer;
BEGIN
  IF wanted = 0 THEN
    RETURN 0;
  END IF;
  INSERT INTO graphile_worker._private_jobs AS job (task_id, payload, run_at, max_attempts, key)
  SELECT task.id, spec.payload::json, spec.run_at, 25, spec.key
  FROM unnest(names, payloads, run_ats, keys) AS spec (name, payload, run_at, key)
  JOIN graphile_worker._private_tasks AS task ON task.identifier = spec.name
  ON CONFLICT (key) DO UPDATE SET job_queue_id = NULL, task_id = excluded.task_id, payload = excluded.payload, run_at = excluded.run_at,
    max_attempts = excluded.max_attempts, priority = excluded.priority, flags = NULL, revision = job.revision + 1, attempts = 0,
    last_error = NULL, updated_at = now()
  WHERE job.is_available;
  GET DIAGNOSTICS added = ROW_COUNT;
  IF added < wanted THEN
    -- A kind of job that there was none of before, or one of the same key that runs, or was given up.
    RETURN (SELECT count(*) FROM graphile_worker.add_jobs((
      SELECT array_agg(ROW(spec.name, spec.payload::json, NULL, spec.run_at, 25, spec.key, NULL, NULL)::graphile_worker.job_spec)
      FROM unnest(names, payloads, run_ats, keys) AS spec (name, payload, run_at, key)
      WHERE spec.key IS NOT NULL OR NOT EXISTS (SELECT FROM graphile_worker._private_tasks WHERE identifier = spec.name))));
  END IF;
  -- Workers look by themselves each second: what is due later than that needs no telling.
  IF EXISTS (SELECT FROM unnest(run_ats) AS run_at WHERE run_at < now() + interval '1 second') THEN
    PERFORM pg_notify('jobs:insert', '{"r":' || random()::text || ',"count":' || wanted::text || '}');
  END IF;
  RETURN added;
END $$;
