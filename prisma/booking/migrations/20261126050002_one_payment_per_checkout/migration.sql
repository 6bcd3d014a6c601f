-- no transaction
CREATE INDEX CONCURRENTLY bookings_checkout_id ON bookings (checkout_id, id) WHERE checkout_id IS NOT NULL;
CREATE INDEX CONCURRENTLY payments_checkout_id ON payments (checkout_id) WHERE checkout_id IS NOT NULL;
CREATE INDEX CONCURRENTLY payments_top_up_user_id ON payments (top_up_user_id) WHERE top_up_user_id IS NOT NULL;
-- What is paid once: of several payments, one at most has money that did not all go back, a disputed one too.
CREATE UNIQUE INDEX CONCURRENTLY payments_one_paid_of_booking ON payments (booking_id)
  WHERE status IN ('PAID', 'PARTIALLY_REFUNDED', 'DISPUTED');
DROP INDEX CONCURRENTLY IF EXISTS payments_one_paid;
CREATE UNIQUE INDEX CONCURRENTLY payments_one_paid_of_checkout ON payments (checkout_id)
  WHERE status IN ('PAID', 'PARTIALLY_REFUNDED', 'DISPUTED');
-- What is being paid at one provider at a time.
CREATE UNIQUE INDEX CONCURRENTLY payments_one_under_way_of_checkout ON payments (checkout_id)
  WHERE status IN ('REQUIRES_ACTION', 'AUTHORIZED');
