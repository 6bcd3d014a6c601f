-- no transaction
-- What is free of a type with seats that was sold out. Seats that are taken are not in it, so taking one costs nothing more.
CREATE INDEX CONCURRENTLY seats_free_of_type ON seats (ticket_type_id) WHERE status = 'AVAILABLE';
