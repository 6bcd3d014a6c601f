-- By what key somebody added an event, for a day: who asks again with it is given that one.
CREATE TABLE event_creations (
  user_id uuid NOT NULL,
  key text NOT NULL,
  -- SHA-256 of what was asked: another input is told that the key is used.
  input_hash bytea NOT NULL,
  event_id uuid NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT event_creations_pkey PRIMARY KEY (user_id, key),
  CONSTRAINT event_creations_hash_length CHECK (length(input_hash) = 32),
  -- Looked at in the end: the key is claimed before there is an event, so that whoever comes with it at once waits.
  CONSTRAINT event_creations_event_id_fkey FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE ON UPDATE CASCADE
    DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX event_creations_event_id_idx ON event_creations (event_id);
CREATE INDEX event_creations_created_at_idx ON event_creations (created_at);
