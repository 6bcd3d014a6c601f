-- no transaction
-- What somebody has claimed goes with their account.
CREATE INDEX CONCURRENTLY users_guest_claimed_by_idx ON users (guest_claimed_by) WHERE guest_claimed_by IS NOT NULL;
