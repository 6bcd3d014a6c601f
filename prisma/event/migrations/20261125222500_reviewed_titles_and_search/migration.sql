-- The title of an approved event, too, changes only after review.
ALTER TABLE event_pending_changes ADD COLUMN title text;
UPDATE event_pending_changes p SET title = e.title FROM events e WHERE e.id = p.event_id;
ALTER TABLE event_pending_changes ALTER COLUMN title SET NOT NULL;

-- Since when an event waits for review: its room is not kept for it for ever. What waits already has its time from today.
ALTER TABLE events ADD COLUMN submitted_at timestamptz(3) NOT NULL DEFAULT now();

-- Words too short for trigrams are looked up whole, or by their beginning. The dictionary `simple` knows no language.
CREATE INDEX events_words ON events USING gin (to_tsvector('simple', searchable(title || ' ' || description)));
CREATE INDEX venues_words ON venues USING gin (to_tsvector('simple', searchable(name || ' ' || city)));
CREATE INDEX locations_words ON locations USING gin (to_tsvector('simple', searchable(name || ' ' || city)));
