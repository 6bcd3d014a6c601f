-- Guests, the links in mails that show whose a mailbox is, and e-mail addresses on their way to another.

-- Where a guest is written to. Not `email`: anybody can type any address, so it signs nobody in, is nobody's claim to it, and keeps
-- nobody from signing up with it; any number of guests may have it.
ALTER TABLE users
  ADD COLUMN guest_email text,
  -- Since when a guest has something that was paid for; null while there is nothing to keep.
  ADD COLUMN guest_bought_at timestamptz(6);

ALTER TABLE users
  ADD CONSTRAINT users_guest_email_normalized
    CHECK (guest_email = lower(btrim(guest_email)) AND length(guest_email) BETWEEN 3 AND 254) NOT VALID,
  -- A guest is written to at an address of this kind, and nobody else is.
  ADD CONSTRAINT users_guest_has_guest_email CHECK ((role = 'GUEST') = (guest_email IS NOT NULL)) NOT VALID,
  -- Nothing that a guest has signs them in a second time, until they claim what they have bought by its mail.
  ADD CONSTRAINT users_guest_has_no_way_in
    CHECK (role <> 'GUEST' OR (email IS NULL AND password_hash IS NULL AND email_verified_at IS NULL)) NOT VALID,
  ADD CONSTRAINT users_guest_bought CHECK (guest_bought_at IS NULL OR role = 'GUEST') NOT VALID,
  -- In the place of users_alive_has_email: an account can be reached as long as it is not erased, a guest by what they gave.
  DROP CONSTRAINT users_alive_has_email,
  ADD CONSTRAINT users_alive_is_reached
    CHECK (deleted_at IS NOT NULL OR email IS NOT NULL OR guest_email IS NOT NULL) NOT VALID;

-- Moving to another e-mail address: it takes whoever reads the mailboxes of both, and can be undone for a while.
CREATE TABLE email_changes (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  old_email text NOT NULL,
  -- Whether somebody had shown that the old address is theirs: then it has to confirm too.
  old_verified boolean NOT NULL,
  new_email text NOT NULL,
  old_confirmed_at timestamptz(6),
  new_confirmed_at timestamptz(6),
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- Until when it can be confirmed, and once it is done, be undone.
  expires_at timestamptz(6) NOT NULL,
  done_at timestamptz(6),
  CONSTRAINT email_changes_pkey PRIMARY KEY (id),
  CONSTRAINT email_changes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT email_changes_to_another CHECK (old_email <> new_email)
);
-- Of two changes that somebody asks for only the later one can be confirmed.
CREATE UNIQUE INDEX email_changes_one_pending ON email_changes (user_id) WHERE done_at IS NULL;
CREATE INDEX email_changes_user_id_idx ON email_changes (user_id);
-- An address that can still be gone back to is nobody else's meanwhile.
CREATE INDEX email_changes_old_email_idx ON email_changes (old_email) WHERE done_at IS NOT NULL;
CREATE INDEX email_changes_expires_at_idx ON email_changes (expires_at);

CREATE TABLE account_links (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  purpose text NOT NULL,
  token_hash bytea NOT NULL,
  -- Where it was sent: it shows whose this mailbox is, and of no other.
  email text NOT NULL,
  change_id uuid,
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  expires_at timestamptz(6) NOT NULL,
  used_at timestamptz(6),
  CONSTRAINT account_links_pkey PRIMARY KEY (id),
  CONSTRAINT account_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT account_links_change_id_fkey FOREIGN KEY (change_id) REFERENCES email_changes (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT account_links_purpose CHECK (purpose IN
    ('VERIFY_EMAIL', 'RESET_PASSWORD', 'SIGN_IN', 'CONFIRM_NEW_EMAIL', 'CONFIRM_OLD_EMAIL', 'UNDO_EMAIL_CHANGE', 'CLAIM')),
  -- SHA-256 of the token: a copy of this table opens nothing.
  CONSTRAINT account_links_hash_length CHECK (length(token_hash) = 32),
  CONSTRAINT account_links_of_change
    CHECK ((change_id IS NOT NULL) = (purpose IN ('CONFIRM_NEW_EMAIL', 'CONFIRM_OLD_EMAIL', 'UNDO_EMAIL_CHANGE')))
);
CREATE UNIQUE INDEX account_links_token_hash_key ON account_links (token_hash);
CREATE INDEX account_links_user_id_purpose_idx ON account_links (user_id, purpose);
CREATE INDEX account_links_change_id_idx ON account_links (change_id);
CREATE INDEX account_links_expires_at_idx ON account_links (expires_at);
