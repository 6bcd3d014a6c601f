-- Where pushes and text messages go: browsers that were registered, and phone numbers that are somebody's for sure.

-- One browser of a person. Where it is reached, and what is encrypted for it with, is sealed: a copy of the database sends nothing there.
CREATE TABLE push_subscriptions (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  -- In which it was registered last; with its end the subscription ends. Null when that session expired long ago.
  session_id uuid,
  -- SHA-256 of its URL, by which it is known again.
  endpoint_hash bytea NOT NULL,
  sealed bytea NOT NULL,
  -- The host of the push service.
  service text NOT NULL,
  user_agent text,
  registered_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT push_subscriptions_pkey PRIMARY KEY (id),
  -- A browser belongs to one person at a time.
  CONSTRAINT push_subscriptions_endpoint_hash_key UNIQUE (endpoint_hash),
  CONSTRAINT push_subscriptions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT push_subscriptions_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT push_subscriptions_endpoint_hash_length CHECK (octet_length(endpoint_hash) = 32)
);
CREATE INDEX push_subscriptions_user_id ON push_subscriptions (user_id, id);
CREATE INDEX push_subscriptions_session_id ON push_subscriptions (session_id);

-- What waits for a browser that is no longer its person's is sent to nobody, however the subscription ended.
CREATE FUNCTION give_up_pushes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE deliveries SET state = 'DEAD', reason = 'GONE', ended_at = now(), secret = NULL
  WHERE user_id = OLD.user_id AND channel = 'PUSH' AND address = OLD.id::text AND state = 'WAITING';
  RETURN NULL;
END $$;
CREATE TRIGGER push_subscriptions_ended AFTER DELETE ON push_subscriptions FOR EACH ROW EXECUTE FUNCTION give_up_pushes();

-- Whoever signs out on a device, or is signed out there, is told nothing there any more. What merely expires signs nobody out.
CREATE FUNCTION end_push_subscriptions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM push_subscriptions WHERE session_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER sessions_end_pushes AFTER UPDATE OF revoked_at ON sessions FOR EACH ROW
  WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION end_push_subscriptions();

-- Numbers, in the form of E.164, that a code was sent to and came back from.
CREATE TABLE verified_phones (
  user_id uuid NOT NULL,
  number text NOT NULL,
  verified_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT verified_phones_pkey PRIMARY KEY (user_id),
  CONSTRAINT verified_phones_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT verified_phones_number_form CHECK (number ~ '^[+][1-9][0-9]{6,14}$')
);

-- The newest code that somebody was sent; its text is in no column.
CREATE TABLE phone_codes (
  user_id uuid NOT NULL,
  number text NOT NULL,
  code_hash bytea NOT NULL,
  expires_at timestamptz(6) NOT NULL,
  CONSTRAINT phone_codes_pkey PRIMARY KEY (user_id),
  CONSTRAINT phone_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT phone_codes_number_form CHECK (number ~ '^[+][1-9][0-9]{6,14}$')
);
CREATE INDEX phone_codes_expires_at ON phone_codes (expires_at);
