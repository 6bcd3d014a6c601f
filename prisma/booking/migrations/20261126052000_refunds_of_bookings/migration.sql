-- What goes back of bookings, also of single tickets. `refunds` are what outside providers are asked for; these are what buyers are given.
CREATE TABLE booking_refunds (
  -- The key of its posting, and the one by which the ticket subgraph knows it.
  id uuid NOT NULL,
  booking_id uuid NOT NULL REFERENCES bookings,
  -- ENDING: its tickets are being taken out of use, and no money has moved. MADE: the money has left the event's sales. REFUSED: a ticket
  -- was used meanwhile, and nothing came of it.
  status text NOT NULL CHECK (status IN ('ENDING', 'MADE', 'REFUSED')),
  amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 9007199254740991),
  -- What of it was tax, and the platform's; all else is the event's.
  tax bigint NOT NULL DEFAULT 0 CHECK (tax >= 0),
  platform_fees bigint NOT NULL DEFAULT 0 CHECK (platform_fees >= 0),
  to_wallet boolean NOT NULL DEFAULT false,
  -- In words for the buyer.
  reason text NOT NULL,
  -- What its provider is asked for; null where the ledger is all there is.
  provider_refund_id uuid REFERENCES refunds,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT booking_refunds_pkey PRIMARY KEY (id),
  CONSTRAINT booking_refunds_share_check CHECK (tax + platform_fees <= amount),
  CONSTRAINT booking_refunds_provider_check CHECK (provider_refund_id IS NULL OR status = 'MADE' AND amount > 0 AND NOT to_wallet)
);
CREATE INDEX booking_refunds_booking_id_idx ON booking_refunds (booking_id, id);
-- The sweep: what a lost job has left half done.
CREATE INDEX booking_refunds_ending ON booking_refunds (updated_at) WHERE status = 'ENDING';
-- What a provider is asked for is of one refund.
CREATE UNIQUE INDEX booking_refunds_provider_refund_id_key ON booking_refunds (provider_refund_id);

-- A ticket is refunded once: of two refunds that want it at the same moment, the second meets the primary key.
CREATE TABLE refund_items (
  ticket_id uuid NOT NULL REFERENCES booking_tickets,
  refund_id uuid NOT NULL REFERENCES booking_refunds,
  amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 9007199254740991),
  CONSTRAINT refund_items_pkey PRIMARY KEY (ticket_id)
);
CREATE INDEX refund_items_refund_id_idx ON refund_items (refund_id);

-- A refund is made once, or refused; how much it is of, and of which booking, stays.
CREATE FUNCTION guard_refund_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.booking_id, NEW.amount, NEW.tax, NEW.platform_fees, NEW.to_wallet, NEW.reason, NEW.created_at)
      IS DISTINCT FROM (OLD.id, OLD.booking_id, OLD.amount, OLD.tax, OLD.platform_fees, OLD.to_wallet, OLD.reason, OLD.created_at)
    OR NEW.provider_refund_id IS DISTINCT FROM coalesce(OLD.provider_refund_id, NEW.provider_refund_id)
    OR NEW.status <> OLD.status AND OLD.status <> 'ENDING' THEN
    RAISE EXCEPTION 'refund % is made once, as it was decided', OLD.id
      USING ERRCODE = '23514', CONSTRAINT = 'booking_refunds_once';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER booking_refunds_once BEFORE UPDATE ON booking_refunds FOR EACH ROW EXECUTE FUNCTION guard_refund_change();

-- At commit: what went back of a booking is the sum of its refunds. Processes of the version before refund as a whole and write none of
-- these; so it is asked of bookings that have some.
CREATE FUNCTION check_refunds_of_booking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  said bigint;
  made bigint;
BEGIN
  SELECT refunded_amount INTO said FROM bookings WHERE id = NEW.booking_id;
  SELECT coalesce(sum(amount), 0) INTO made FROM booking_refunds WHERE booking_id = NEW.booking_id AND status = 'MADE';
  IF said <> made THEN
    RAISE EXCEPTION 'of booking % went % back, its refunds are of %', NEW.booking_id, said, made
      USING ERRCODE = '23514', CONSTRAINT = 'booking_refunds_add_up';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER booking_refunds_add_up AFTER INSERT OR UPDATE OF status ON booking_refunds
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_refunds_of_booking();

-- At commit: the tickets of a refund are given back no more than the refund is of.
CREATE FUNCTION check_items_of_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(amount) FROM refund_items WHERE refund_id = NEW.refund_id)
      > (SELECT amount FROM booking_refunds WHERE id = NEW.refund_id) THEN
    RAISE EXCEPTION 'the tickets of refund % come to more than it is of', NEW.refund_id
      USING ERRCODE = '23514', CONSTRAINT = 'refund_items_add_up';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER refund_items_add_up AFTER INSERT ON refund_items
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_items_of_refund();

-- What went back does not come again.
CREATE FUNCTION guard_refunded_amount() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.refunded_amount < OLD.refunded_amount THEN
    RAISE EXCEPTION 'of booking % went % back already', OLD.id, OLD.refunded_amount
      USING ERRCODE = '23514', CONSTRAINT = 'bookings_refunds_rise';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER bookings_refunds_rise BEFORE UPDATE OF refunded_amount ON bookings
  FOR EACH ROW EXECUTE FUNCTION guard_refunded_amount();

-- A booking of which all the money went back may have tickets left that cost nothing: it is PARTIALLY_REFUNDED until these are back too.
ALTER TABLE bookings DROP CONSTRAINT bookings_refunded_check;
ALTER TABLE bookings ADD CONSTRAINT bookings_refunded_check CHECK (CASE status
  WHEN 'REFUNDED' THEN refunded_amount = total_price
  WHEN 'PARTIALLY_REFUNDED' THEN refunded_amount > 0 AND refunded_amount <= total_price
  ELSE refunded_amount = 0 END) NOT VALID;
