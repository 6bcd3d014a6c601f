-- no transaction
-- A guest has one ticket; those that it was before it was handed on have no place.
CREATE UNIQUE INDEX CONCURRENTLY tickets_one_per_guest ON tickets (guest_id) WHERE guest_id IS NOT NULL AND ordinal IS NOT NULL;
