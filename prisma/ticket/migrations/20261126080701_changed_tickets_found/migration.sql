-- no transaction
-- Doors ask every few seconds which tickets of their event have changed.
CREATE INDEX CONCURRENTLY tickets_event_changed ON tickets (event_id, changed_in);
