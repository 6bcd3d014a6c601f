-- no transaction
-- What waits for a type to sell out, when that happens.
CREATE INDEX CONCURRENTLY ticket_types_hidden_until ON ticket_types (hidden_until_sold_out) WHERE hidden_until_sold_out IS NOT NULL;
-- The seats of a contingent.
CREATE INDEX CONCURRENTLY seats_contingent ON seats (contingent_id) WHERE contingent_id IS NOT NULL;
