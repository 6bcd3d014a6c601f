-- At the door. Locks are taken in the order of 20261120000000_init, tickets (by id) before everything but holds, the door's row last.

-- How an event admits: one row for each event that has anything of this. At it all check-ins of the event meet, so its revision numbers
-- them in the order of their commits.
CREATE TABLE doors (
  event_id uuid NOT NULL CONSTRAINT doors_pkey PRIMARY KEY CONSTRAINT doors_event_id_fkey REFERENCES event_copies (id),
  -- Whether somebody who has left may come in again.
  reentry boolean NOT NULL DEFAULT false,
  revision integer NOT NULL DEFAULT 0 CONSTRAINT doors_revision_check CHECK (revision >= 0)
);

-- Where and when a ticket type admits; without a row everywhere, and on all days of its event.
CREATE TABLE admission_rules (
  ticket_type_id uuid NOT NULL CONSTRAINT admission_rules_pkey PRIMARY KEY
    CONSTRAINT admission_rules_ticket_type_id_fkey REFERENCES ticket_types (id) ON DELETE CASCADE,
  -- Null for all.
  gates text[] CONSTRAINT admission_rules_gates_check CHECK (cardinality(gates) > 0),
  -- Days of the event, from 1, so that they move with it; null for all.
  days integer[] CONSTRAINT admission_rules_days_check CHECK (cardinality(days) > 0),
  CONSTRAINT admission_rules_say_something CHECK (gates IS NOT NULL OR days IS NOT NULL)
);

-- Scanners, each of one event. Their tokens are signed, and kept nowhere.
CREATE TABLE door_devices (
  id uuid NOT NULL CONSTRAINT door_devices_pkey PRIMARY KEY,
  event_id uuid NOT NULL CONSTRAINT door_devices_event_id_fkey REFERENCES event_copies (id),
  name text NOT NULL,
  gate text,
  expires_at timestamptz(3) NOT NULL,
  revoked_at timestamptz(3),
  created_by uuid NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX door_devices_event ON door_devices (event_id, id);

-- Scans of tickets that were let in or out, or were said to have been by a scanner that was offline.
CREATE TABLE check_ins (
  id uuid NOT NULL CONSTRAINT check_ins_pkey PRIMARY KEY,
  event_id uuid NOT NULL CONSTRAINT check_ins_event_id_fkey REFERENCES event_copies (id),
  ticket_id uuid NOT NULL CONSTRAINT check_ins_ticket_id_fkey REFERENCES tickets (id),
  -- The scanner: the id of a door device, or what a person calls theirs.
  device_id text NOT NULL,
  gate text,
  direction text NOT NULL CONSTRAINT check_ins_direction_check CHECK (direction IN ('ENTRY', 'EXIT')),
  scanned_at timestamptz(3) NOT NULL,
  recorded_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  outcome text NOT NULL CONSTRAINT check_ins_outcome_check CHECK (outcome IN ('ACCEPTED', 'DUPLICATE', 'REFUSED', 'UNDONE')),
  reason text,
  -- The revision of the event's door at which it last changed.
  revision integer NOT NULL,
  CONSTRAINT check_ins_reason_check CHECK ((reason IS NOT NULL) = (outcome = 'REFUSED')),
  -- However often a scan is sent, it is one.
  CONSTRAINT check_ins_once_per_scan UNIQUE (ticket_id, device_id, direction, scanned_at)
);
CREATE INDEX check_ins_event_revision ON check_ins (event_id, revision);

-- Whether whoever has it is inside just now, as far as the door knows.
ALTER TABLE tickets ADD COLUMN inside boolean NOT NULL DEFAULT false;

-- In which transaction a ticket changed last, so that doors can ask for what has changed since: whatever a reader could not see yet has a
-- number from its snapshot's lowest running transaction on, and is asked for again from there. No row is shared for it, so tickets that are
-- issued at once do not wait for each other. Null of those that have not changed since there was this column.
ALTER TABLE tickets ADD COLUMN changed_in bigint;
ALTER TABLE tickets ALTER COLUMN changed_in SET DEFAULT (pg_current_xact_id()::text::bigint);

CREATE FUNCTION tickets_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_in := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END $$;
CREATE TRIGGER tickets_changed_in BEFORE UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION tickets_note_change();
