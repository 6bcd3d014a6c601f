-- What one statement adds is written as one too, as of listings (20261126170600): a row at a time, Postgres plans the same again for each.
-- Of what is added the trigger of each row leaves the texts to this one; of what changes it writes them as before.
CREATE OR REPLACE FUNCTION events_write_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN RETURN NULL; END IF;
  PERFORM 1 FROM venues v WHERE v.id = NEW.venue_id FOR SHARE;
  PERFORM 1 FROM locations l WHERE l.id = NEW.location_id FOR SHARE;
  PERFORM write_event_texts(ARRAY[NEW.id]);
  RETURN NULL;
END $$;

-- Places are locked against a change of their names, as there.
CREATE FUNCTION events_write_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM venues v WHERE v.id IN (SELECT venue_id FROM added) ORDER BY v.id FOR SHARE;
  PERFORM 1 FROM locations l WHERE l.id IN (SELECT location_id FROM added) ORDER BY l.id FOR SHARE;
  PERFORM write_event_texts(ARRAY(SELECT id FROM added));
  RETURN NULL;
END $$;
CREATE TRIGGER events_write_texts AFTER INSERT ON events REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION events_write_texts();
