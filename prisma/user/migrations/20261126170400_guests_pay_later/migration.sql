-- Until when what a guest has booked may still be paid for, to its organizer by bank transfer or in cash: for so long they go on seeing it, however
-- long they have been a guest, and are not forgotten.
ALTER TABLE users ADD COLUMN guest_pays_until timestamptz(6);
ALTER TABLE users ADD CONSTRAINT users_guest_pays CHECK (guest_pays_until IS NULL OR role = 'GUEST') NOT VALID;
