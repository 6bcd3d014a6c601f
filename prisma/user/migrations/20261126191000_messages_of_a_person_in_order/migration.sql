-- no transaction
-- What of one person still waits before a message, for it to wait behind that.
CREATE INDEX CONCURRENTLY deliveries_of_person ON deliveries (user_id, channel, priority, state, seq);
