-- no transaction
-- A booking is being paid at one provider at a time: of attempts that come at once, one begins and the others meet it.
CREATE UNIQUE INDEX CONCURRENTLY payments_one_under_way ON payments (booking_id) WHERE status IN ('REQUIRES_ACTION', 'AUTHORIZED');
