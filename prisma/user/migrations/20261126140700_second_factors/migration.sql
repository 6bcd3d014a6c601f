-- Second factors: codes of an authenticator app, passkeys, codes for when both are lost; and what a sign-in is gone on with.

-- When and how the owner of a session last showed who they are. Of sessions from before it is not known: they have to show it again
-- before they do what asks for it.
ALTER TABLE sessions ADD COLUMN authenticated_at timestamptz(6), ADD COLUMN amr text[] DEFAULT ARRAY[]::text[];

-- One authenticator app for each account.
CREATE TABLE totp_factors (
  user_id uuid NOT NULL,
  -- AES-GCM under KEY_ENCRYPTION_SECRET: a copy of this table makes no codes.
  sealed_secret bytea NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- Null until a first code has shown that the app has the secret; until then it protects nothing.
  confirmed_at timestamptz(6),
  -- The 30 seconds whose code was used last. It only moves forward (conditional UPDATE), so a code is used once.
  last_step bigint NOT NULL DEFAULT 0,
  CONSTRAINT totp_factors_pkey PRIMARY KEY (user_id),
  CONSTRAINT totp_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE
);

-- Each is good once, and gone when it is used.
CREATE TABLE recovery_codes (
  user_id uuid NOT NULL,
  -- Keyed hash of account and code: a copy of this table cannot be guessed through.
  code_hash bytea NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, code_hash),
  CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT recovery_codes_hash_length CHECK (length(code_hash) = 32)
);

CREATE TABLE passkeys (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  -- The authenticator's own name for it, base64url.
  credential_id text NOT NULL,
  -- COSE; public, so it is as it is.
  public_key bytea NOT NULL,
  -- How often the authenticator says to have signed. It only moves forward (conditional UPDATE); 0 for those that do not count.
  sign_count bigint NOT NULL,
  transports text[] DEFAULT ARRAY[]::text[] CONSTRAINT passkeys_transports_given CHECK (transports IS NOT NULL),
  -- Whether it is copied to the other devices of its owner.
  synced boolean NOT NULL,
  name text NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_used_at timestamptz(6),
  CONSTRAINT passkeys_pkey PRIMARY KEY (id),
  CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT passkeys_name_length CHECK (length(name) BETWEEN 1 AND 1200)
);
-- A credential opens one account.
CREATE UNIQUE INDEX passkeys_credential_id_key ON passkeys (credential_id);
CREATE INDEX passkeys_user_id_id_idx ON passkeys (user_id, id);

CREATE TYPE challenge_purpose AS ENUM ('SECOND_FACTOR', 'PASSKEY_REGISTRATION', 'PASSKEY_LOGIN');

-- What somebody has to answer to. Good once: whoever deletes the row has it.
CREATE TABLE sign_in_challenges (
  -- SHA-256 of what was given out: a copy of this table answers nothing.
  token_hash bytea NOT NULL,
  purpose challenge_purpose NOT NULL,
  -- Whose it is; of a sign-in by passkey only the answer says.
  user_id uuid,
  -- What they have shown already.
  amr text[] DEFAULT ARRAY[]::text[] CONSTRAINT sign_in_challenges_amr_given CHECK (amr IS NOT NULL),
  expires_at timestamptz(6) NOT NULL,
  CONSTRAINT sign_in_challenges_pkey PRIMARY KEY (token_hash),
  CONSTRAINT sign_in_challenges_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT sign_in_challenges_hash_length CHECK (length(token_hash) = 32),
  CONSTRAINT sign_in_challenges_bound CHECK ((user_id IS NULL) = (purpose = 'PASSKEY_LOGIN'))
);
CREATE INDEX sign_in_challenges_user_id_idx ON sign_in_challenges (user_id);
CREATE INDEX sign_in_challenges_expires_at_idx ON sign_in_challenges (expires_at);
