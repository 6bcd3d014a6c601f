-- no transaction
-- Cities by a part of their name.
CREATE INDEX CONCURRENTLY venues_city_parts ON venues USING gin (searchable(city) gin_trgm_ops);
