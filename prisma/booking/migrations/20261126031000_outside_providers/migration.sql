-- Payments at outside providers: they begin here, are made elsewhere, and come back as notifications.

ALTER TABLE payments
  -- What the buyer has to do next: {"redirectUrl"}, {"clientSecret"} or {"instructions"}.
  ADD COLUMN action jsonb,
  -- Until when the provider takes the money.
  ADD COLUMN expires_at timestamptz(3);
ALTER TABLE payments
  ADD CONSTRAINT payments_action_check CHECK (action IS NULL OR jsonb_typeof(action) = 'object') NOT VALID;

-- The same moves as in the domain's payment-state.ts. Money may come of a payment that was given up as FAILED, for a provider has the
-- last word; and what no booking can take goes back as it comes: REFUNDED without ever having paid for anything.
CREATE OR REPLACE FUNCTION guard_payment_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status NOT IN ('REQUIRES_ACTION', 'AUTHORIZED', 'PAID') THEN
      RAISE EXCEPTION 'a payment does not start as %', NEW.status
        USING ERRCODE = '23514', CONSTRAINT = 'payments_status_moves';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.booking_id, NEW.provider, NEW.amount, NEW.currency)
     IS DISTINCT FROM (OLD.id, OLD.booking_id, OLD.provider, OLD.amount, OLD.currency)
     OR NEW.provider_reference IS DISTINCT FROM coalesce(OLD.provider_reference, NEW.provider_reference)
     OR NEW.paid_at IS DISTINCT FROM coalesce(OLD.paid_at, NEW.paid_at) THEN
    RAISE EXCEPTION 'what a payment is for, and at whom, never changes'
      USING ERRCODE = '23514', CONSTRAINT = 'payments_terms_fixed';
  END IF;
  IF NEW.refunded_amount < OLD.refunded_amount
     OR NEW.status <> OLD.status AND NOT (CASE OLD.status
       WHEN 'REQUIRES_ACTION' THEN NEW.status IN ('AUTHORIZED', 'PAID', 'FAILED', 'REFUNDED')
       WHEN 'AUTHORIZED' THEN NEW.status IN ('PAID', 'FAILED', 'REFUNDED')
       WHEN 'FAILED' THEN NEW.status IN ('PAID', 'REFUNDED')
       WHEN 'PAID' THEN NEW.status IN ('PARTIALLY_REFUNDED', 'REFUNDED')
       WHEN 'PARTIALLY_REFUNDED' THEN NEW.status = 'REFUNDED'
       ELSE false END) THEN
    RAISE EXCEPTION 'a payment cannot go from % (% refunded) to % (%)',
      OLD.status, OLD.refunded_amount, NEW.status, NEW.refunded_amount
      USING ERRCODE = '23514', CONSTRAINT = 'payments_status_moves';
  END IF;
  RETURN NEW;
END $$;

-- A booking that ran out of time may be paid all the same, by an outside provider alone: money that was on its way then. It is PAID, and its tickets are issued if
-- its places are still free, else it is refunded.
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
      WHERE booking_id = OLD.id AND expires_at IS NOT NULL AND paid_at IS NULL)
    WHEN 'PAID' THEN NEW.status IN ('PARTIALLY_REFUNDED', 'REFUNDED')
    WHEN 'PARTIALLY_REFUNDED' THEN NEW.status = 'REFUNDED'
    ELSE false END) THEN
    RAISE EXCEPTION 'a booking cannot go from % to %', OLD.status, NEW.status
      USING ERRCODE = '23514', CONSTRAINT = 'bookings_status_moves';
  END IF;
  RETURN NEW;
END $$;

-- What providers have sent, byte for byte, each of their events once.
CREATE TABLE payment_notifications (
  provider text NOT NULL CHECK (provider ~ '^[A-Z]+$'),
  event_id text NOT NULL,
  -- The payment that it says it is about.
  payment_id uuid NOT NULL,
  body bytea NOT NULL,
  received_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT payment_notifications_pkey PRIMARY KEY (provider, event_id)
);
CREATE INDEX payment_notifications_received_at_idx ON payment_notifications (received_at);

-- Money that a provider has to give back. Decided in our own books (REFUNDS_DUE), then asked of the provider until it is done.
CREATE TABLE refunds (
  -- The key by which the provider knows the refund: asked again, it is made once.
  id uuid NOT NULL,
  payment_id uuid NOT NULL REFERENCES payments,
  amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'DONE')),
  attempts integer NOT NULL DEFAULT 0,
  -- Why the last attempt came to nothing.
  last_error text,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT refunds_pkey PRIMARY KEY (id)
);
CREATE INDEX refunds_payment_id_idx ON refunds (payment_id);
CREATE INDEX refunds_pending ON refunds (updated_at) WHERE status = 'PENDING';

-- No more is asked back of a payment than its own row says went back.
CREATE FUNCTION check_refunds_of_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(amount) FROM refunds WHERE payment_id = NEW.payment_id)
     > (SELECT refunded_amount FROM payments WHERE id = NEW.payment_id) THEN
    RAISE EXCEPTION 'more is refunded of payment % than it says', NEW.payment_id
      USING ERRCODE = '23514', CONSTRAINT = 'refunds_of_payment';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER refunds_of_payment AFTER INSERT OR UPDATE OF amount, payment_id ON refunds
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_refunds_of_payment();

-- CLEARING:<provider>: below zero by what the provider holds for us. REFUNDS_DUE: what is decided to go back and has not yet gone.
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_kind_check;
ALTER TABLE ledger_accounts ADD CONSTRAINT ledger_accounts_kind_check
  CHECK (kind IN ('WALLET', 'EVENT_SALES', 'SIGNUP_GRANTS', 'REFUNDS_DUE') OR kind ~ '^CLEARING:[A-Z]+$') NOT VALID;
ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_transactions_kind_check;
ALTER TABLE ledger_transactions ADD CONSTRAINT ledger_transactions_kind_check
  CHECK (kind IN ('GRANT', 'PAYMENT', 'REFUND', 'STRAY_PAYMENT', 'REFUND_SENT')) NOT VALID;
