-- no transaction
CREATE INDEX CONCURRENTLY locations_of_owner ON locations (owner_id);
