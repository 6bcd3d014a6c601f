-- no transaction
-- Changes of an event that wait a while, to be told with those that come after them.
CREATE INDEX CONCURRENTLY announcements_changes_waiting ON announcements (event_id) WHERE kind = 'EVENT_CHANGED' AND done_at IS NULL;
