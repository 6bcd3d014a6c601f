-- no transaction
-- Those whose provider is asked again and again how the dispute about them stands.
CREATE INDEX CONCURRENTLY payments_disputed ON payments (provider) WHERE status = 'DISPUTED';
