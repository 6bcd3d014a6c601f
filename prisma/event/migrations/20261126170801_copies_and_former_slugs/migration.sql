-- Events that were made as copies of another, in the order of their dates: who asks again with the same key is given all of them, and what is
-- sold of the other is still to be copied while `sale_copied_at` is null.
CREATE TABLE event_duplicates (
  event_id uuid NOT NULL,
  source_id uuid NOT NULL,
  -- The first of those that were made together.
  first_id uuid NOT NULL,
  position integer NOT NULL,
  sale_copied_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT event_duplicates_pkey PRIMARY KEY (event_id),
  CONSTRAINT event_duplicates_event_id_fkey FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX event_duplicates_first_id_idx ON event_duplicates (first_id);
CREATE INDEX event_duplicates_to_copy ON event_duplicates (created_at) WHERE sale_copied_at IS NULL;

-- Addresses that an event had while it was public, under former titles: they lead to it for as long as there is one.
CREATE TABLE former_slugs (
  slug text NOT NULL,
  event_id uuid NOT NULL,
  ended_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT former_slugs_pkey PRIMARY KEY (slug),
  CONSTRAINT former_slugs_event_id_fkey FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX former_slugs_event_id_idx ON former_slugs (event_id);
