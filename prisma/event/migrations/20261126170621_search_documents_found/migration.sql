-- no transaction
-- Events are written seldom and searched often: what is new goes into the index at once, not into a list beside it.
CREATE INDEX CONCURRENTLY event_texts_document ON event_texts USING gin (document) WITH (fastupdate = off);
