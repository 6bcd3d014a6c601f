-- How far a word is from what somebody meant to type.
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;

-- What a search looks at, with what each word counts for: the title, the place, the description. Each word as it is, and its stems in
-- Indonesian and in English, for nobody says in which language an event is described. Of texts that are `searchable` already.
CREATE FUNCTION search_document(title text, place text, description text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT setweight(to_tsvector('simple', $1) || to_tsvector('indonesian', $1) || to_tsvector('english', $1), 'A')
    || setweight(to_tsvector('simple', $2), 'B')
    || setweight(to_tsvector('simple', $3) || to_tsvector('indonesian', $3) || to_tsvector('english', $3), 'D')
$$;
ALTER TABLE event_texts ADD COLUMN document tsvector;

-- All words that there are in events, to find what is like what was typed: they are fewer than events, and hardly become more.
CREATE TABLE search_words (
  word text NOT NULL,

  CONSTRAINT search_words_pkey PRIMARY KEY (word)
);
CREATE INDEX search_words_like ON search_words USING gin (word gin_trgm_ops);

-- Events whose words are still to be added to these, by a job: two who wrote the same new word at once would wait for each other.
CREATE TABLE words_to_learn (
  event_id uuid NOT NULL,

  CONSTRAINT words_to_learn_pkey PRIMARY KEY (event_id)
);

-- Columns text and words are what processes of the version before look at.
CREATE FUNCTION write_event_texts(ids uuid[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO event_texts (event_id, text, words, document)
  SELECT n.id, n.whole, to_tsvector('simple', n.whole), search_document(n.title, n.place, n.description)
  FROM (
    SELECT id, title, description, place, concat_ws(E'\n', title, description, place) AS whole
    FROM (
      SELECT e.id, searchable(e.title) AS title, searchable(e.description) AS description,
        searchable(concat_ws(E'\n', v.name || ' ' || v.city, l.name || ' ' || l.city)) AS place
      FROM events e LEFT JOIN venues v ON v.id = e.venue_id LEFT JOIN locations l ON l.id = e.location_id
      WHERE e.id = ANY(ids) OFFSET 0
    ) m
  ) n ORDER BY n.id
  ON CONFLICT (event_id) DO UPDATE SET text = excluded.text, words = excluded.words, document = excluded.document;
  INSERT INTO words_to_learn (event_id) SELECT id FROM events WHERE id = ANY(ids) ORDER BY id ON CONFLICT DO NOTHING;
$$;

-- The venue and the location are locked against a change of their names: whoever changes them sees this event, or is seen.
CREATE OR REPLACE FUNCTION events_write_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM venues v WHERE v.id = NEW.venue_id FOR SHARE;
  PERFORM 1 FROM locations l WHERE l.id = NEW.location_id FOR SHARE;
  PERFORM write_event_texts(ARRAY[NEW.id]);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION places_rewrite_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM write_event_texts(ARRAY(SELECT e.id FROM events e WHERE e.venue_id = NEW.id OR e.location_id = NEW.id));
  RETURN NULL;
END $$;

INSERT INTO event_fills (what, after) SELECT 'texts', '00000000-0000-0000-0000-000000000000' WHERE EXISTS (SELECT FROM events);
