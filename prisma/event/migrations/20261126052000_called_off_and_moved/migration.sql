-- Why an event was called off; when it was moved to another time last, and until when those who had booked before may have their money back.
ALTER TABLE events ADD COLUMN cancellation_reason text, ADD COLUMN rescheduled_at timestamptz(3), ADD COLUMN refund_until timestamptz(3);
ALTER TABLE events ADD CONSTRAINT events_cancellation_reason_check
  CHECK (cancellation_reason IS NULL OR status = 'CANCELLED') NOT VALID;
ALTER TABLE events ADD CONSTRAINT events_rescheduled_check
  CHECK ((rescheduled_at IS NULL) = (refund_until IS NULL)) NOT VALID;
-- What was called off stays so: everybody is being given their money back.
CREATE FUNCTION keep_cancelled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'event % was called off', OLD.id USING ERRCODE = '23514', CONSTRAINT = 'events_stay_cancelled';
END $$;
CREATE TRIGGER events_stay_cancelled BEFORE UPDATE OF status ON events
  FOR EACH ROW WHEN (OLD.status = 'CANCELLED' AND NEW.status <> 'CANCELLED') EXECUTE FUNCTION keep_cancelled();
