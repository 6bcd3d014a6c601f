-- no transaction
-- What waits for a person.
CREATE INDEX CONCURRENTLY refunds_by_hand ON refunds (id) WHERE status = 'PENDING' AND by_hand;
