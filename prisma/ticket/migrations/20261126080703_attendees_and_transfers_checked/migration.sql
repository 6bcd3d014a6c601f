ALTER TABLE tickets VALIDATE CONSTRAINT tickets_ordinal_check;
