-- no transaction
-- The new one begins with the same.
DROP INDEX CONCURRENTLY deliveries_user_id;
