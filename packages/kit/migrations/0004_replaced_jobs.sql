-- A job whose key is added again while it is locked loses that key to the new one, and all its attempts with it (graphile_worker.add_jobs).
-- Once it is unlocked it looks like one that was given up. Only this moment tells the two apart, so it is kept (packages/kit/src/jobs/upkeep.ts).
CREATE FUNCTION kit.mark_replaced_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.flags := coalesce(NEW.flags, '{}') || '{"replaced": true}';
  RETURN NEW;
END
$$;
CREATE TRIGGER jobs_mark_replaced BEFORE UPDATE OF key ON graphile_worker._private_jobs
  FOR EACH ROW WHEN (OLD.key IS NOT NULL AND NEW.key IS NULL) EXECUTE FUNCTION kit.mark_replaced_job();
