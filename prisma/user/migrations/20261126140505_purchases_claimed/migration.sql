-- Whose account the tickets of a guest were moved into, by the link that came with them; the bookings stay the guest's.
ALTER TABLE users
  ADD COLUMN guest_claimed_by uuid,
  ADD COLUMN guest_claimed_at timestamptz(6);
ALTER TABLE users ADD CONSTRAINT users_guest_claimed
  CHECK ((guest_claimed_by IS NULL) = (guest_claimed_at IS NULL) AND (guest_claimed_by IS NULL OR role = 'GUEST')) NOT VALID;
