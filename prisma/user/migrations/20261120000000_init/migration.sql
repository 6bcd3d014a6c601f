-- The user subgraph's own tables: accounts, sessions, organizer proposals, wishlists.

-- Finding people by a part of their name or address, without reading everybody.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TYPE role AS ENUM ('CUSTOMER', 'ORGANIZER', 'ADMIN');
CREATE TYPE proposal_status AS ENUM ('PENDING', 'APPROVED', 'REJECTED');

CREATE TABLE users (
  id uuid NOT NULL,
  email text,
  password_hash text,
  name text NOT NULL,
  phone_number text,
  address text,
  avatar_url text,
  role role NOT NULL DEFAULT 'CUSTOMER',
  email_verified_at timestamptz(6),
  suspended_at timestamptz(6),
  suspension_reason text,
  deleted_at timestamptz(6),
  auth_changed_at timestamptz(6),
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT users_pkey PRIMARY KEY (id),
  -- One spelling of an address: what the unique index compares is what people mean.
  CONSTRAINT users_email_normalized CHECK (email = lower(btrim(email)) AND length(email) BETWEEN 3 AND 254),
  CONSTRAINT users_name_length CHECK (length(name) BETWEEN 1 AND 120),
  -- Passwords are stored as bcrypt hashes and as nothing else.
  CONSTRAINT users_password_is_hashed CHECK (password_hash ~ '^\$2[aby]\$\d\d\$.{53}$'),
  -- A suspension always says why.
  CONSTRAINT users_suspension_has_reason CHECK ((suspended_at IS NULL) = (suspension_reason IS NULL)),
  -- An account can be reached as long as it is not erased.
  CONSTRAINT users_alive_has_email CHECK (deleted_at IS NOT NULL OR email IS NOT NULL),
  -- Erased means erased: nothing personal is left, and no rights.
  CONSTRAINT users_erased_is_empty CHECK (deleted_at IS NULL OR (email IS NULL AND password_hash IS NULL
    AND phone_number IS NULL AND address IS NULL AND avatar_url IS NULL AND email_verified_at IS NULL AND role = 'CUSTOMER'))
);
-- One account per address, however many sign up at once; erased accounts hold none.
CREATE UNIQUE INDEX users_email_key ON users (email);
CREATE INDEX users_name_trgm ON users USING gin (name gin_trgm_ops);
CREATE INDEX users_email_trgm ON users USING gin (email gin_trgm_ops);
CREATE INDEX users_role_idx ON users (role, id) WHERE role <> 'CUSTOMER';
CREATE INDEX users_auth_changed_idx ON users (auth_changed_at) WHERE auth_changed_at IS NOT NULL;

CREATE TABLE sessions (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  revoked_at timestamptz(6),
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_revoked_idx ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE refresh_tokens (
  id uuid NOT NULL,
  session_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  expires_at timestamptz(6) NOT NULL,
  used_at timestamptz(6),
  CONSTRAINT refresh_tokens_pkey PRIMARY KEY (id),
  CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE ON UPDATE CASCADE,
  -- SHA-256 of the token: a copy of this table signs nobody in.
  CONSTRAINT refresh_tokens_hash_length CHECK (length(token_hash) = 32)
);
CREATE UNIQUE INDEX refresh_tokens_token_hash_key ON refresh_tokens (token_hash);
-- A session has one token that can still be used, never two.
CREATE UNIQUE INDEX refresh_tokens_one_unused ON refresh_tokens (session_id) WHERE used_at IS NULL;
CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_expires_at_idx ON refresh_tokens (expires_at);

CREATE TABLE login_attempts (
  -- SHA-256 of the address tried: people who never signed up leave no trace of who they are.
  key bytea NOT NULL,
  attempts integer NOT NULL,
  window_ends_at timestamptz(6) NOT NULL,
  CONSTRAINT login_attempts_pkey PRIMARY KEY (key),
  CONSTRAINT login_attempts_positive CHECK (attempts > 0)
);
CREATE INDEX login_attempts_window_ends_at_idx ON login_attempts (window_ends_at);

CREATE TABLE organizer_proposals (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  name text NOT NULL,
  category text NOT NULL,
  description text NOT NULL,
  location text NOT NULL,
  status proposal_status NOT NULL DEFAULT 'PENDING',
  message text,
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  reviewed_at timestamptz(6),
  reviewed_by uuid,
  CONSTRAINT organizer_proposals_pkey PRIMARY KEY (id),
  CONSTRAINT organizer_proposals_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT organizer_proposals_reviewed_by_fkey FOREIGN KEY (reviewed_by) REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE,
  -- Decided and dated are the same thing.
  CONSTRAINT organizer_proposals_decided CHECK ((status = 'PENDING') = (reviewed_at IS NULL))
);
-- Nobody has two proposals waiting at once.
CREATE UNIQUE INDEX organizer_proposals_one_pending ON organizer_proposals (user_id) WHERE status = 'PENDING';
CREATE INDEX organizer_proposals_user_id_id_idx ON organizer_proposals (user_id, id);
CREATE INDEX organizer_proposals_status_id_idx ON organizer_proposals (status, id);

CREATE TABLE wishlist_items (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  event_id uuid NOT NULL,
  added_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT wishlist_items_pkey PRIMARY KEY (id),
  CONSTRAINT wishlist_items_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE
);
-- An event is on a wishlist once, however often it is added.
CREATE UNIQUE INDEX wishlist_items_user_id_event_id_key ON wishlist_items (user_id, event_id);
CREATE INDEX wishlist_items_user_id_id_idx ON wishlist_items (user_id, id);
