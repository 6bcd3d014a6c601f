ALTER TABLE events VALIDATE CONSTRAINT events_cancellation_reason_check;
ALTER TABLE events VALIDATE CONSTRAINT events_rescheduled_check;
