-- no transaction
-- The new one begins with the same.
DROP INDEX CONCURRENTLY IF EXISTS deliveries_user_id;
