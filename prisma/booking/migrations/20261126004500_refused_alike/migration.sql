-- What attempts with this key were refused with, for a moment: those that were sent at the same time are refused alike. The key is free.
ALTER TABLE idempotency_keys ADD COLUMN refusal jsonb;
