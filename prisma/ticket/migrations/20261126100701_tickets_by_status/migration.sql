-- no transaction
-- Admins list tickets by status. Nearly all are VALID and found in the order of their ids: left out, they make no sale dearer.
CREATE INDEX CONCURRENTLY tickets_status ON tickets (status, id) WHERE status <> 'VALID';
CREATE INDEX CONCURRENTLY tickets_event_status ON tickets (event_id, status, id) WHERE status <> 'VALID';
