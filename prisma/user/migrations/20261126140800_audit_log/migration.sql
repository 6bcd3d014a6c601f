-- Who signed in, and what admins, organizers and scanners did: written once, chained by hashes, never changed (packages/kit/src/audit.ts,
-- subgraphs/user/src/domain/audit).

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is written once: % refuses %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE audit_entries (
  -- Of the deed: told of twice, it is one entry.
  id uuid NOT NULL CONSTRAINT audit_entries_pkey PRIMARY KEY,
  at timestamptz(3) NOT NULL,
  -- A person or a scanner. No foreign key: scanners live elsewhere, and nothing may ever have to be changed here.
  actor_id uuid,
  role text,
  action text NOT NULL,
  ids uuid[] DEFAULT ARRAY[]::uuid[] CONSTRAINT audit_entries_ids_check CHECK (ids IS NOT NULL),
  -- Null of what was done, else why it was refused.
  code text,
  -- SHA-256 of salt and address, which stand in audit_addresses as long as they may: the chain stays whole without them.
  address_digest bytea,
  request_id text NOT NULL,
  CONSTRAINT audit_entries_role_check CHECK (role IN ('GUEST', 'CUSTOMER', 'ORGANIZER', 'ADMIN', 'DOOR')),
  CONSTRAINT audit_entries_address_digest_check CHECK (octet_length(address_digest) = 32)
);
CREATE INDEX audit_entries_at_id_idx ON audit_entries (at, id);
CREATE INDEX audit_entries_actor_id_at_id_idx ON audit_entries (actor_id, at, id);
CREATE INDEX audit_entries_action_at_id_idx ON audit_entries (action, at, id);
CREATE TRIGGER audit_entries_immutable BEFORE UPDATE OR DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- What is personal of an entry. It goes with its person's account, and in time.
CREATE TABLE audit_addresses (
  entry_id uuid NOT NULL CONSTRAINT audit_addresses_pkey PRIMARY KEY
    CONSTRAINT audit_addresses_entry_id_fkey REFERENCES audit_entries,
  address text NOT NULL,
  salt bytea NOT NULL,
  noted_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX audit_addresses_noted_at_idx ON audit_addresses (noted_at);

-- Entries that are not in the chain yet. Whoever writes one waits for nobody; one process at a time chains them.
CREATE TABLE audit_pending (
  entry_id uuid NOT NULL CONSTRAINT audit_pending_pkey PRIMARY KEY
    CONSTRAINT audit_pending_entry_id_fkey REFERENCES audit_entries
);
CREATE FUNCTION note_audit_pending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_pending (entry_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER audit_entries_pending AFTER INSERT ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION note_audit_pending();

-- One chain: each link has the number after the one before, and no two have one before them.
CREATE TABLE audit_chain (
  seq bigint NOT NULL CONSTRAINT audit_chain_pkey PRIMARY KEY,
  entry_id uuid NOT NULL CONSTRAINT audit_chain_entry_id_fkey REFERENCES audit_entries,
  previous bigint CONSTRAINT audit_chain_previous_fkey REFERENCES audit_chain,
  hash bytea NOT NULL,
  chained_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT audit_chain_previous_check CHECK (CASE WHEN seq = 1 THEN previous IS NULL ELSE coalesce(previous = seq - 1, false) END),
  CONSTRAINT audit_chain_hash_check CHECK (octet_length(hash) = 32)
);
CREATE UNIQUE INDEX audit_chain_entry_id_key ON audit_chain (entry_id);
CREATE UNIQUE INDEX audit_chain_previous_key ON audit_chain (previous);
CREATE TRIGGER audit_chain_immutable BEFORE UPDATE OR DELETE ON audit_chain
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_chain_no_truncate BEFORE TRUNCATE ON audit_chain
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
