-- Whether the ticket subgraph has done what a booking's status asks of it is fulfilment; to settle is said of money.
ALTER TABLE bookings RENAME COLUMN settled TO fulfilled;
ALTER INDEX bookings_to_settle RENAME TO bookings_to_fulfil;

-- Payments through several providers: a booking may be tried to be paid more than once, and a payment takes its time.

-- What a payment points at. Price and currency of a booking never change (bookings_terms_fixed).
CREATE UNIQUE INDEX bookings_id_currency_total_price_key ON bookings (id, currency, total_price);

ALTER TABLE payments RENAME COLUMN method TO provider;
ALTER TABLE payments
  DROP CONSTRAINT payments_booking_id_key,
  DROP CONSTRAINT payments_booking_id_fkey,
  DROP CONSTRAINT payments_method_check,
  DROP CONSTRAINT payments_status_check,
  ALTER COLUMN paid_at DROP NOT NULL,
  -- The provider's own id of the payment; null where our ledger is all there is, as for the wallet.
  ADD COLUMN provider_reference text,
  ADD COLUMN captured_amount bigint NOT NULL DEFAULT 0,
  ADD COLUMN refunded_amount bigint NOT NULL DEFAULT 0,
  ADD COLUMN created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ADD COLUMN updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- Until now a payment was written when its money moved, and refunded as a whole.
UPDATE payments SET captured_amount = amount, created_at = paid_at, updated_at = paid_at,
  refunded_amount = CASE status WHEN 'REFUNDED' THEN amount ELSE 0 END;

ALTER TABLE payments
  -- The providers are the application's to name: a new one needs no migration.
  ADD CONSTRAINT payments_provider_check CHECK (provider ~ '^[A-Z]+$'),
  ADD CONSTRAINT payments_status_check
    CHECK (status IN ('REQUIRES_ACTION', 'AUTHORIZED', 'PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'FAILED')),
  -- A booking is paid in full, in its own currency.
  ADD CONSTRAINT payments_booking_fkey FOREIGN KEY (booking_id, currency, amount)
    REFERENCES bookings (id, currency, total_price),
  -- The status tells how much of the money was taken, and how much of that went back.
  ADD CONSTRAINT payments_captured_check
    CHECK (captured_amount = CASE WHEN status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED') THEN amount ELSE 0 END),
  ADD CONSTRAINT payments_refunded_check CHECK (CASE status
    WHEN 'REFUNDED' THEN refunded_amount = captured_amount
    WHEN 'PARTIALLY_REFUNDED' THEN refunded_amount > 0 AND refunded_amount < captured_amount
    ELSE refunded_amount = 0 END),
  ADD CONSTRAINT payments_paid_at_check
    CHECK ((status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')) = (paid_at IS NOT NULL));

CREATE INDEX payments_booking_id_idx ON payments (booking_id);
-- What a provider says of one of its payments is said of one of ours.
CREATE UNIQUE INDEX payments_provider_provider_reference_key ON payments (provider, provider_reference);
-- A booking is paid once: of several payments, one at most has money that did not all go back.
CREATE UNIQUE INDEX payments_one_paid ON payments (booking_id) WHERE status IN ('PAID', 'PARTIALLY_REFUNDED');

-- A payment moves forward only; what it is for, and whose, stays as it was. The same moves as in the domain's
-- payment-state.ts.
CREATE FUNCTION guard_payment_change() RETURNS trigger LANGUAGE plpgsql AS $$
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
       WHEN 'REQUIRES_ACTION' THEN NEW.status IN ('AUTHORIZED', 'PAID', 'FAILED')
       WHEN 'AUTHORIZED' THEN NEW.status IN ('PAID', 'FAILED')
       WHEN 'PAID' THEN NEW.status IN ('PARTIALLY_REFUNDED', 'REFUNDED')
       WHEN 'PARTIALLY_REFUNDED' THEN NEW.status = 'REFUNDED'
       ELSE false END) THEN
    RAISE EXCEPTION 'a payment cannot go from % (% refunded) to % (%)',
      OLD.status, OLD.refunded_amount, NEW.status, NEW.refunded_amount
      USING ERRCODE = '23514', CONSTRAINT = 'payments_status_moves';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_status_moves BEFORE INSERT OR UPDATE ON payments
  FOR EACH ROW EXECUTE FUNCTION guard_payment_change();
