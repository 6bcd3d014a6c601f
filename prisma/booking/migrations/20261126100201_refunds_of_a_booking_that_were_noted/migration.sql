-- no transaction
-- Whoever adds up a refund looks for the others of its booking: without this, by reading every sale there ever was.
CREATE INDEX CONCURRENTLY sale_changes_refunds_of_booking ON sale_changes (booking_id) WHERE kind = 'REFUND';
