-- Fees and tax of what was sold, and bookings that are paid together.

-- Of a REFUND: what of it was the platform's, and tax.
ALTER TABLE sale_changes
  ADD COLUMN refunded_fees bigint NOT NULL DEFAULT 0,
  ADD COLUMN refunded_tax bigint NOT NULL DEFAULT 0;
ALTER TABLE sale_changes ADD CONSTRAINT sale_changes_share_check
  CHECK (refunded_fees >= 0 AND refunded_tax >= 0) NOT VALID;

-- What was added to prices for fees and tax; and what is the platform's, and tax, less what went back of it.
ALTER TABLE sale_sums
  ADD COLUMN surcharge bigint NOT NULL DEFAULT 0,
  ADD COLUMN platform_fees bigint NOT NULL DEFAULT 0,
  ADD COLUMN tax bigint NOT NULL DEFAULT 0;

-- At commit, when payment and postings are there as well.
CREATE OR REPLACE FUNCTION note_sale() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  fees_back bigint := 0;
  tax_back bigint := 0;
BEGIN
  IF OLD.status IN ('PENDING', 'EXPIRED') THEN
    INSERT INTO sale_changes (event_id, booking_id, kind, method, changed_at)
    VALUES (NEW.event_id, NEW.id, 'SALE', CASE WHEN NEW.total_price > 0 THEN
      (SELECT provider FROM payments WHERE (booking_id = NEW.id OR checkout_id = NEW.checkout_id) AND paid_at IS NOT NULL
        ORDER BY status = 'REFUNDED', id DESC LIMIT 1) END, now());
  ELSE
    IF NEW.platform_fees + NEW.tax > 0 AND NEW.refunded_amount > OLD.refunded_amount THEN
      -- All that went back of them so far, less what was noted of it.
      SELECT coalesce(-sum(e.amount) FILTER (WHERE a.kind = 'PLATFORM_FEES'), 0), coalesce(-sum(e.amount) FILTER (WHERE a.kind = 'EVENT_TAX'), 0)
        INTO fees_back, tax_back
        FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
        WHERE t.booking_id = NEW.id AND t.kind = 'REFUND';
      SELECT fees_back - coalesce(sum(refunded_fees), 0), tax_back - coalesce(sum(refunded_tax), 0) INTO fees_back, tax_back
        FROM sale_changes WHERE booking_id = NEW.id AND kind = 'REFUND';
    END IF;
    INSERT INTO sale_changes (event_id, booking_id, kind, refunded, refunded_fees, refunded_tax, ended, changed_at)
    VALUES (NEW.event_id, NEW.id, 'REFUND', NEW.refunded_amount - OLD.refunded_amount, fees_back, tax_back, NEW.status = 'REFUNDED', now());
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION guard_sale_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NOT OLD.folded AND NEW.folded
    AND (NEW.id, NEW.event_id, NEW.booking_id, NEW.kind, NEW.refunded, NEW.refunded_fees, NEW.refunded_tax, NEW.ended, NEW.changed_at)
      = (OLD.id, OLD.event_id, OLD.booking_id, OLD.kind, OLD.refunded, OLD.refunded_fees, OLD.refunded_tax, OLD.ended, OLD.changed_at)
    AND NEW.method IS NOT DISTINCT FROM OLD.method THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% of a sale that was noted is not allowed: it is added up once', TG_OP
    USING ERRCODE = '23514', CONSTRAINT = 'sale_changes_folded_once';
END $$;
