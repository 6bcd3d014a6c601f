-- no transaction
CREATE INDEX CONCURRENTLY tickets_offered ON tickets (ticket_type_id, offered_at) WHERE offered_at IS NOT NULL;
