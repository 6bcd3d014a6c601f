-- no transaction
CREATE UNIQUE INDEX CONCURRENTLY sale_changes_refund_id_key ON sale_changes (refund_id);
