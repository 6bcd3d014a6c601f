-- What people are told of refunds and payouts is written by whatever moves these, in the transaction that does: nobody need think of it.

CREATE FUNCTION tell_of_refund_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
  SELECT uuidv7(), 'user', 'booking.refund-reviewed', booking.id, jsonb_build_object('requestId', NEW.id, 'bookingId', booking.id,
    'userId', booking.user_id, 'eventId', booking.event_id, 'organizerId', booking.organizer_id,
    'step', CASE NEW.status WHEN 'PENDING' THEN 'REQUESTED' ELSE NEW.status END, 'amount', NEW.amount, 'currency', booking.currency,
    'reviewBy', to_char(NEW.review_by AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'message', NEW.message)
  FROM bookings booking JOIN refund_requests request ON request.id = NEW.id
  WHERE booking.id = NEW.booking_id AND request.status = NEW.status;
  RETURN NULL;
END $$;
-- At commit: what needs no review is decided in the transaction that asks for it, and then only that is told.
CREATE CONSTRAINT TRIGGER refund_requests_told_asked AFTER INSERT ON refund_requests DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION tell_of_refund_request();
CREATE TRIGGER refund_requests_told_decided AFTER UPDATE ON refund_requests
  FOR EACH ROW WHEN (NEW.status <> OLD.status) EXECUTE FUNCTION tell_of_refund_request();

CREATE FUNCTION tell_of_payout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
  VALUES (uuidv7(), 'user', 'booking.payout-ended', NEW.id, jsonb_build_object('payoutId', NEW.id, 'organizerId', NEW.organizer_id,
    'status', NEW.status, 'amount', NEW.amount, 'currency', NEW.currency, 'accountEnding', NEW.account_ending, 'message', NEW.message));
  RETURN NULL;
END $$;
CREATE TRIGGER payouts_told AFTER UPDATE ON payouts FOR EACH ROW
  WHEN (NEW.status <> OLD.status AND NEW.status IN ('PAID', 'REJECTED', 'FAILED')) EXECUTE FUNCTION tell_of_payout();
