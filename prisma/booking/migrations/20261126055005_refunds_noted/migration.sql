-- no transaction
-- What was noted of a booking's refunds before. No purchase writes into it.
CREATE INDEX CONCURRENTLY sale_changes_of_refunds ON sale_changes (booking_id) WHERE kind = 'REFUND';
