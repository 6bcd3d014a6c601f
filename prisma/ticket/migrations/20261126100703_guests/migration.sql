-- Whom an organizer has invited: each has a ticket of a type's quota, without a booking and without money.
CREATE TABLE guests (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL REFERENCES event_copies (id),
  ticket_type_id uuid NOT NULL REFERENCES ticket_types (id),
  -- All three are forgotten with the account of whoever it is.
  name text,
  email text,
  key text,
  -- Whose account has the address; null while nobody's has, and the ticket is owned by the guest's own id.
  user_id uuid,
  invited_by uuid NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- The same file twice invites nobody twice.
  CONSTRAINT guests_once UNIQUE (event_id, ticket_type_id, key)
);
CREATE INDEX guests_unknown ON guests (email) WHERE user_id IS NULL;
CREATE INDEX guests_user ON guests (user_id) WHERE user_id IS NOT NULL;

-- A ticket is of a booking or of a guest. Processes of the version before make tickets of bookings alone, and show none of a guest to an event's
-- organizer until they are gone.
ALTER TABLE tickets ALTER COLUMN booking_id DROP NOT NULL;
ALTER TABLE tickets ADD COLUMN guest_id uuid;
ALTER TABLE tickets ADD CONSTRAINT tickets_guest_id_fkey FOREIGN KEY (guest_id) REFERENCES guests (id) NOT VALID;
ALTER TABLE tickets ADD CONSTRAINT tickets_of_booking_or_guest CHECK (num_nonnulls(booking_id, guest_id) = 1) NOT VALID;
