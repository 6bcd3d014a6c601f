-- The refund that took a ticket out of use: asked again, the same refund finds its tickets ended by itself, and frees no place twice.
ALTER TABLE tickets ADD COLUMN refund_id uuid;
ALTER TABLE tickets ADD CONSTRAINT tickets_refund_check CHECK (refund_id IS NULL OR status = 'REFUNDED') NOT VALID;
