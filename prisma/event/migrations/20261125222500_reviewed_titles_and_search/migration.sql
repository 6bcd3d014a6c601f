-- The title of an approved event, too, changes only after review.
ALTER TABLE event_pending_changes ADD COLUMN title text;
UPDATE event_pending_changes p SET title = e.title FROM events e WHERE e.id = p.event_id;
ALTER TABLE event_pending_changes ALTER COLUMN title SET NOT NULL;

-- Since when an event waits for review: its room is not kept for it for ever. What waits already has its time from today.
ALTER TABLE events ADD COLUMN submitted_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- All that a search looks at of an event, made comparable once and not at each search: one lookup for all of its words, and what
-- fits many events is still cheap to look through.
CREATE TABLE event_texts (
  event_id uuid NOT NULL,
  text text NOT NULL,
  words tsvector NOT NULL,

  CONSTRAINT event_texts_pkey PRIMARY KEY (event_id)
);
ALTER TABLE event_texts
  ADD CONSTRAINT event_texts_event_id_fkey
  FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE ON UPDATE CASCADE;

-- Parts of a word by trigram; words too short for trigrams as they are, or by their beginning. `simple` knows no language.
-- Events are written seldom and searched often: what is new goes into the index at once, not into a list beside it that each
-- search reads through.
CREATE INDEX event_texts_text ON event_texts USING gin (text gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX event_texts_words ON event_texts USING gin (words) WITH (fastupdate = off);
DROP INDEX events_search;
DROP INDEX venues_search;
DROP INDEX locations_search;

-- The venue and the location are locked against a change of their names: whoever changes them sees this event, or is seen.
CREATE FUNCTION events_write_text() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  venue text;
  location text;
  whole text;
BEGIN
  SELECT v.name || ' ' || v.city INTO venue FROM venues v WHERE v.id = NEW.venue_id FOR SHARE;
  SELECT l.name || ' ' || l.city INTO location FROM locations l WHERE l.id = NEW.location_id FOR SHARE;
  whole := searchable(concat_ws(E'\n', NEW.title, NEW.description, venue, location));
  INSERT INTO event_texts (event_id, text, words) VALUES (NEW.id, whole, to_tsvector('simple', whole))
  ON CONFLICT (event_id) DO UPDATE SET text = excluded.text, words = excluded.words;
  RETURN NULL;
END $$;
CREATE TRIGGER events_write_text AFTER INSERT OR UPDATE OF title, description, venue_id, location_id ON events
  FOR EACH ROW EXECUTE FUNCTION events_write_text();

CREATE FUNCTION places_rewrite_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE event_texts t SET text = n.text, words = to_tsvector('simple', n.text)
  FROM (
    SELECT e.id, searchable(concat_ws(E'\n', e.title, e.description, v.name || ' ' || v.city, l.name || ' ' || l.city)) AS text
    FROM events e LEFT JOIN venues v ON v.id = e.venue_id LEFT JOIN locations l ON l.id = e.location_id
    WHERE e.venue_id = NEW.id OR e.location_id = NEW.id
  ) n
  WHERE t.event_id = n.id;
  RETURN NULL;
END $$;
CREATE TRIGGER venues_rewrite_texts AFTER UPDATE OF name, city ON venues
  FOR EACH ROW WHEN (NEW.name <> OLD.name OR NEW.city <> OLD.city) EXECUTE FUNCTION places_rewrite_texts();
CREATE TRIGGER locations_rewrite_texts AFTER UPDATE OF name, city ON locations
  FOR EACH ROW WHEN (NEW.name <> OLD.name OR NEW.city <> OLD.city) EXECUTE FUNCTION places_rewrite_texts();

INSERT INTO event_texts (event_id, text, words)
SELECT n.id, n.text, to_tsvector('simple', n.text)
FROM (
  SELECT e.id, searchable(concat_ws(E'\n', e.title, e.description, v.name || ' ' || v.city, l.name || ' ' || l.city)) AS text
  FROM events e LEFT JOIN venues v ON v.id = e.venue_id LEFT JOIN locations l ON l.id = e.location_id
) n;
