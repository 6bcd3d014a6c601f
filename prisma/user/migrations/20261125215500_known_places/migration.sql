-- Sign-ins are limited by account and by address, and not where the account has signed in before.

-- Tries are no longer cut off for a quarter of an hour, but slowed down more and more. Null while they are free.
ALTER TABLE login_attempts ADD COLUMN blocked_until timestamptz(6);

CREATE TABLE known_places (
  user_id uuid NOT NULL,
  -- Keyed hash of a network address: a copy of this table says nothing of where somebody was.
  place bytea NOT NULL,
  seen_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT known_places_pkey PRIMARY KEY (user_id, place),
  CONSTRAINT known_places_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT known_places_place_length CHECK (length(place) = 32)
);
CREATE INDEX known_places_seen_at_idx ON known_places (seen_at);
