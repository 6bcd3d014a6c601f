-- no transaction
CREATE INDEX CONCURRENTLY ticket_types_waiting ON ticket_types (id) WHERE waiting > 0;
