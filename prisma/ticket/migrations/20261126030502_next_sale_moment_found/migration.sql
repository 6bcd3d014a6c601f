-- no transaction
CREATE INDEX CONCURRENTLY event_copies_next_moment ON event_copies (next_moment_at) WHERE next_moment_at IS NOT NULL;
