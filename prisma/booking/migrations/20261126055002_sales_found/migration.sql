-- no transaction
-- An organizer's events.
CREATE INDEX CONCURRENTLY event_copies_organizer ON event_copies (organizer_id, event_id DESC);
-- Bookings that came to nothing, or whose money went back, for admins who look for them. No purchase writes into it.
CREATE INDEX CONCURRENTLY bookings_ended ON bookings (status, id DESC) WHERE status IN ('EXPIRED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED');
