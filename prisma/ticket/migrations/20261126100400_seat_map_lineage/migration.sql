-- A database that was restored comes to revisions again that its clients have had before, of seats that went another way. Whoever
-- asks for what came after one of these would be told nothing of what is wrong with theirs. So the first change after a restore
-- leaves the revisions of a map that may have been lost behind it, and counts as a drawing: everybody has to have the map whole.

-- Says which life of a database this is: another after each start of its server, as on a copy of its files or after a failover to a
-- replica that lacked the last commits, and another in a database, or with a table, that was made anew from a dump.
CREATE FUNCTION seat_map_lineage() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws('-', extract(epoch FROM pg_postmaster_start_time()), d.oid, 'seat_maps'::regclass::oid)
  FROM pg_database d WHERE d.datname = current_database()
$$;

-- Of the newest revision; null for one from before there were lineages.
ALTER TABLE seat_maps ADD COLUMN lineage text;

-- A million is more than what a busy map goes through between two backups, and leaves room for two thousand lives.
CREATE FUNCTION seat_maps_leave_lost_revisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.lineage := seat_map_lineage();
  IF TG_OP = 'UPDATE' AND NEW.lineage IS DISTINCT FROM OLD.lineage THEN
    IF NEW.revision < 2146000000 THEN NEW.revision := NEW.revision + 1000000; END IF;
    NEW.drawn_revision := NEW.revision;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER seat_maps_leave_lost_revisions BEFORE INSERT OR UPDATE OF revision ON seat_maps
  FOR EACH ROW EXECUTE FUNCTION seat_maps_leave_lost_revisions();
