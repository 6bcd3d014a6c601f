-- Who vouches for a person beside their password: an account at an OpenID provider.
CREATE TABLE identities (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  issuer text NOT NULL,
  -- The provider's own name for them, which stays when their address changes.
  subject text NOT NULL,
  -- As the provider gave it when it was linked: for the person to know which account it is, and for nothing else.
  email text NOT NULL,
  linked_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT identities_pkey PRIMARY KEY (id),
  CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT identities_subject_length CHECK (length(subject) BETWEEN 1 AND 255),
  CONSTRAINT identities_email_length CHECK (length(email) BETWEEN 3 AND 254)
);
-- An account at a provider opens one account here, whoever links it at once with whom.
CREATE UNIQUE INDEX identities_issuer_subject_key ON identities (issuer, subject);
-- And a person has one at each.
CREATE UNIQUE INDEX identities_user_id_issuer_key ON identities (user_id, issuer);

-- Sign-ins that were begun at a provider and have not come back.
CREATE TABLE provider_sign_ins (
  -- SHA-256 of the state, from which all that the provider has to confirm follows by a key: a copy of this table finishes nothing.
  state_hash bytea NOT NULL,
  redirect_uri text NOT NULL,
  -- SHA-256 of what the browser that began it keeps in a cookie; null where it asked for none.
  browser_hash bytea,
  -- Who was signed in when it began: only they can link with it.
  user_id uuid,
  expires_at timestamptz(6) NOT NULL,
  CONSTRAINT provider_sign_ins_pkey PRIMARY KEY (state_hash),
  CONSTRAINT provider_sign_ins_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT provider_sign_ins_state_hash_length CHECK (length(state_hash) = 32),
  CONSTRAINT provider_sign_ins_browser_hash_length CHECK (length(browser_hash) = 32)
);
CREATE INDEX provider_sign_ins_expires_at_idx ON provider_sign_ins (expires_at);
CREATE INDEX provider_sign_ins_user_id_idx ON provider_sign_ins (user_id);
