-- no transaction
-- event_copies_organizer begins with the same column.
DROP INDEX CONCURRENTLY IF EXISTS event_copies_organizer_id_idx;
