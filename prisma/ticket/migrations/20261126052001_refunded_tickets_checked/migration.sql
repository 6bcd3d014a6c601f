ALTER TABLE tickets VALIDATE CONSTRAINT tickets_refund_check;
