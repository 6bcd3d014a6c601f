-- A payment is for one booking, for all bookings of one checkout, or for a wallet that is topped up.

-- Bookings of one buyer in one currency, made together and paid together.
CREATE TABLE checkouts (
  id uuid NOT NULL CONSTRAINT checkouts_pkey PRIMARY KEY,
  user_id uuid NOT NULL,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  total_price bigint NOT NULL CHECK (total_price BETWEEN 0 AND 9007199254740991),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- What its bookings point at, so that they are of one buyer and in one currency.
  CONSTRAINT checkouts_id_user_id_currency_key UNIQUE (id, user_id, currency),
  -- What its payments point at, so that they are of the whole price.
  CONSTRAINT checkouts_id_currency_total_price_key UNIQUE (id, currency, total_price)
);
CREATE TRIGGER checkouts_fixed BEFORE UPDATE OR DELETE ON checkouts FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE bookings ADD COLUMN checkout_id uuid;
ALTER TABLE bookings ADD CONSTRAINT bookings_checkout_fkey FOREIGN KEY (checkout_id, user_id, currency)
  REFERENCES checkouts (id, user_id, currency) NOT VALID;

-- A booking is of the checkout that it was made in, or of none, for good.
CREATE FUNCTION refuse_other_checkout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a booking stays of the checkout that it was made in'
    USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER bookings_checkout_fixed BEFORE UPDATE OF checkout_id ON bookings
  FOR EACH ROW WHEN (NEW.checkout_id IS DISTINCT FROM OLD.checkout_id) EXECUTE FUNCTION refuse_other_checkout();

-- At commit: a checkout costs what its bookings cost.
CREATE FUNCTION check_checkout_total(checkout uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  said bigint;
  of_bookings bigint;
BEGIN
  SELECT total_price INTO said FROM checkouts WHERE id = checkout;
  SELECT sum(total_price) INTO of_bookings FROM bookings WHERE checkout_id = checkout;
  IF of_bookings IS DISTINCT FROM said THEN
    RAISE EXCEPTION 'checkout % is of %, its bookings of %', checkout, said, of_bookings
      USING ERRCODE = '23514', CONSTRAINT = 'checkouts_total_adds_up';
  END IF;
END $$;
CREATE FUNCTION check_total_of_new_checkout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_checkout_total(NEW.id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER checkouts_total_adds_up AFTER INSERT ON checkouts
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_total_of_new_checkout();
CREATE FUNCTION check_total_of_its_checkout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_checkout_total(NEW.checkout_id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bookings_checkout_adds_up AFTER INSERT ON bookings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.checkout_id IS NOT NULL) EXECUTE FUNCTION check_total_of_its_checkout();

ALTER TABLE payments
  ALTER COLUMN booking_id DROP NOT NULL,
  ADD COLUMN checkout_id uuid,
  -- Whose wallet it is for.
  ADD COLUMN top_up_user_id uuid;
ALTER TABLE payments
  ADD CONSTRAINT payments_subject_check CHECK (num_nonnulls(booking_id, checkout_id, top_up_user_id) = 1) NOT VALID,
  -- A checkout is paid in full, in its own currency.
  ADD CONSTRAINT payments_checkout_fkey FOREIGN KEY (checkout_id, currency, amount)
    REFERENCES checkouts (id, currency, total_price) NOT VALID,
  -- A wallet is not topped up by nothing.
  ADD CONSTRAINT payments_top_up_check CHECK (top_up_user_id IS NULL OR amount > 0) NOT VALID;

-- DISPUTED: the buyer's bank has taken the money back until it is decided whose it is.
ALTER TABLE payments DROP CONSTRAINT payments_status_check;
ALTER TABLE payments ADD CONSTRAINT payments_status_check
  CHECK (status IN ('REQUIRES_ACTION', 'AUTHORIZED', 'PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED', 'FAILED')) NOT VALID;
ALTER TABLE payments DROP CONSTRAINT payments_captured_check;
ALTER TABLE payments ADD CONSTRAINT payments_captured_check CHECK (captured_amount =
  CASE WHEN status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED') THEN amount ELSE 0 END) NOT VALID;
ALTER TABLE payments DROP CONSTRAINT payments_refunded_check;
ALTER TABLE payments ADD CONSTRAINT payments_refunded_check CHECK (CASE status
  WHEN 'REFUNDED' THEN refunded_amount = captured_amount
  WHEN 'PARTIALLY_REFUNDED' THEN refunded_amount > 0 AND refunded_amount < captured_amount
  WHEN 'DISPUTED' THEN refunded_amount >= 0 AND refunded_amount < captured_amount
  ELSE refunded_amount = 0 END) NOT VALID;
ALTER TABLE payments DROP CONSTRAINT payments_paid_at_check;
ALTER TABLE payments ADD CONSTRAINT payments_paid_at_check
  CHECK ((status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED')) = (paid_at IS NOT NULL)) NOT VALID;

-- The same moves as in the domain's payment-state.ts. While a payment is DISPUTED nothing of it is refunded; what is lost goes back as a
-- whole. A booking of a checkout has no payment of its own.
CREATE OR REPLACE FUNCTION guard_payment_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status NOT IN ('REQUIRES_ACTION', 'AUTHORIZED', 'PAID') THEN
      RAISE EXCEPTION 'a payment does not start as %', NEW.status
        USING ERRCODE = '23514', CONSTRAINT = 'payments_status_moves';
    END IF;
    IF EXISTS (SELECT FROM bookings WHERE id = NEW.booking_id AND checkout_id IS NOT NULL) THEN
      RAISE EXCEPTION 'booking % is paid with its checkout', NEW.booking_id
        USING ERRCODE = '23514', CONSTRAINT = 'payments_of_whole_checkout';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.booking_id, NEW.checkout_id, NEW.top_up_user_id, NEW.provider, NEW.amount, NEW.currency)
     IS DISTINCT FROM (OLD.id, OLD.booking_id, OLD.checkout_id, OLD.top_up_user_id, OLD.provider, OLD.amount, OLD.currency)
     OR NEW.provider_reference IS DISTINCT FROM coalesce(OLD.provider_reference, NEW.provider_reference)
     OR NEW.paid_at IS DISTINCT FROM coalesce(OLD.paid_at, NEW.paid_at) THEN
    RAISE EXCEPTION 'what a payment is for, and at whom, never changes'
      USING ERRCODE = '23514', CONSTRAINT = 'payments_terms_fixed';
  END IF;
  IF NEW.refunded_amount < OLD.refunded_amount
     OR 'DISPUTED' IN (OLD.status, NEW.status) AND NEW.status <> 'REFUNDED' AND NEW.refunded_amount <> OLD.refunded_amount
     OR NEW.status <> OLD.status AND NOT (CASE OLD.status
       WHEN 'REQUIRES_ACTION' THEN NEW.status IN ('AUTHORIZED', 'PAID', 'FAILED', 'REFUNDED')
       WHEN 'AUTHORIZED' THEN NEW.status IN ('PAID', 'FAILED', 'REFUNDED')
       WHEN 'FAILED' THEN NEW.status IN ('PAID', 'REFUNDED')
       WHEN 'PAID' THEN NEW.status IN ('PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED')
       WHEN 'PARTIALLY_REFUNDED' THEN NEW.status IN ('REFUNDED', 'DISPUTED')
       WHEN 'DISPUTED' THEN NEW.status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')
       ELSE false END) THEN
    RAISE EXCEPTION 'a payment cannot go from % (% refunded) to % (%)',
      OLD.status, OLD.refunded_amount, NEW.status, NEW.refunded_amount
      USING ERRCODE = '23514', CONSTRAINT = 'payments_status_moves';
  END IF;
  RETURN NEW;
END $$;

-- As before; the money that comes late may be that of the booking's checkout.
CREATE OR REPLACE FUNCTION guard_booking_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'PENDING' THEN
      RAISE EXCEPTION 'a booking starts PENDING, not %', NEW.status
        USING ERRCODE = '23514', CONSTRAINT = 'bookings_status_moves';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.user_id, NEW.event_id, NEW.hold_id, NEW.currency, NEW.subtotal, NEW.discount)
     IS DISTINCT FROM (OLD.user_id, OLD.event_id, OLD.hold_id, OLD.currency, OLD.subtotal, OLD.discount) THEN
    RAISE EXCEPTION 'what a booking is for, and its price, never change'
      USING ERRCODE = '23514', CONSTRAINT = 'bookings_terms_fixed';
  END IF;
  IF NEW.status <> OLD.status AND NOT (CASE OLD.status
    WHEN 'PENDING' THEN NEW.status IN ('PAID', 'EXPIRED', 'CANCELLED')
    WHEN 'EXPIRED' THEN NEW.status = 'PAID' AND EXISTS (SELECT FROM payments
      WHERE (booking_id = OLD.id OR checkout_id = OLD.checkout_id) AND expires_at IS NOT NULL AND paid_at IS NULL)
    WHEN 'PAID' THEN NEW.status IN ('PARTIALLY_REFUNDED', 'REFUNDED')
    WHEN 'PARTIALLY_REFUNDED' THEN NEW.status = 'REFUNDED'
    ELSE false END) THEN
    RAISE EXCEPTION 'a booking cannot go from % to %', OLD.status, NEW.status
      USING ERRCODE = '23514', CONSTRAINT = 'bookings_status_moves';
  END IF;
  RETURN NEW;
END $$;
