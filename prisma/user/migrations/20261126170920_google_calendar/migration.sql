-- Who lets us write into their calendar at Google: what they consented to, sealed, until they take it back.
CREATE TABLE google_calendars (
  user_id uuid NOT NULL,
  -- The refresh token: it is of use only with the client's secret, and readable only with ours.
  sealed_token bytea NOT NULL,
  -- Of the account there, for the person to know which it is, and for nothing else.
  email text NOT NULL,
  connected_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT google_calendars_pkey PRIMARY KEY (user_id),
  CONSTRAINT google_calendars_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT google_calendars_email_length CHECK (length(email) BETWEEN 3 AND 254)
);

-- Consents that were begun and have not come back: the last one of each person.
CREATE TABLE google_calendar_consents (
  user_id uuid NOT NULL,
  -- SHA-256 of the state, from which what Google has to confirm follows by a key.
  state_hash bytea NOT NULL,
  redirect_uri text NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  CONSTRAINT google_calendar_consents_pkey PRIMARY KEY (user_id),
  CONSTRAINT google_calendar_consents_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT google_calendar_consents_state_hash_length CHECK (length(state_hash) = 32)
);
CREATE INDEX google_calendar_consents_expires_at_idx ON google_calendar_consents (expires_at);
