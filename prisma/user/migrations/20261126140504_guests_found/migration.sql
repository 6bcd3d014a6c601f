-- no transaction
-- Finding guests by a part of their address, and by all of it.
CREATE INDEX CONCURRENTLY users_guest_email_trgm ON users USING gin (guest_email gin_trgm_ops);
CREATE INDEX CONCURRENTLY users_guest_email_idx ON users (guest_email) WHERE guest_email IS NOT NULL;
-- Guests who bought nothing are forgotten.
CREATE INDEX CONCURRENTLY users_guests_idx ON users (created_at) WHERE role = 'GUEST' AND guest_bought_at IS NULL;
