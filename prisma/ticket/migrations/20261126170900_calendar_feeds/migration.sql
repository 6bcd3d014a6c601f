-- By which link somebody subscribes to what they hold tickets for: one each, and another one ends it. A copy of the database opens none: the
-- link is found by the hash of its token, and shown to whose it is from what is sealed.
CREATE TABLE calendar_feeds (
  user_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  sealed_token bytea NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT calendar_feeds_pkey PRIMARY KEY (user_id),
  CONSTRAINT calendar_feeds_token_hash_is_sha256 CHECK (octet_length(token_hash) = 32)
);
CREATE UNIQUE INDEX calendar_feeds_token_hash_key ON calendar_feeds (token_hash);
