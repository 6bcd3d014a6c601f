-- Refunds of single tickets count as what they are: how many, of which type, and how much of it was the price.

-- Of a REFUND: which one. Null of those that processes of a version before have made.
ALTER TABLE sale_changes ADD COLUMN refund_id uuid;
ALTER TABLE sale_changes ADD CONSTRAINT sale_changes_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES booking_refunds NOT VALID;
ALTER TABLE sale_changes ADD CONSTRAINT sale_changes_refund_check CHECK (refund_id IS NULL OR kind = 'REFUND') NOT VALID;

-- What of it was the price of the ticket, without the fees and tax that were added to it. Null of a refund of all that was left.
ALTER TABLE refund_items ADD COLUMN price bigint;
ALTER TABLE refund_items ADD CONSTRAINT refund_items_price_check CHECK (price BETWEEN 0 AND 9007199254740991) NOT VALID;

-- At commit: a refund that is made is noted once.
CREATE FUNCTION note_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sale_changes (event_id, booking_id, kind, refund_id, refunded, refunded_fees, refunded_tax, ended, changed_at)
  SELECT event_id, id, 'REFUND', NEW.id, NEW.amount, NEW.platform_fees, NEW.tax,
    status = 'REFUNDED' AND NOT EXISTS (SELECT FROM sale_changes WHERE booking_id = NEW.booking_id AND ended), now()
  FROM bookings WHERE id = NEW.booking_id;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER booking_refunds_noted AFTER INSERT OR UPDATE OF status ON booking_refunds
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'MADE') EXECUTE FUNCTION note_refund();

-- At commit, when the payment is there as well.
CREATE OR REPLACE FUNCTION note_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status IN ('PENDING', 'EXPIRED') THEN
    INSERT INTO sale_changes (event_id, booking_id, kind, method, changed_at)
    VALUES (NEW.event_id, NEW.id, 'SALE', CASE WHEN NEW.total_price > 0 THEN
      (SELECT provider FROM payments WHERE (booking_id = NEW.id OR checkout_id = NEW.checkout_id) AND paid_at IS NOT NULL
        ORDER BY status = 'REFUNDED', id DESC LIMIT 1) END, now());
  ELSIF NOT EXISTS (SELECT FROM booking_refunds WHERE booking_id = NEW.id AND status = 'MADE') THEN
    -- By a process of a version before, which writes no refunds of bookings: all of it goes back at once.
    INSERT INTO sale_changes (event_id, booking_id, kind, refunded, refunded_fees, refunded_tax, ended, changed_at)
    VALUES (NEW.event_id, NEW.id, 'REFUND', NEW.refunded_amount - OLD.refunded_amount, NEW.platform_fees, NEW.tax, NEW.status = 'REFUNDED', now());
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION guard_sale_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NOT OLD.folded AND NEW.folded
    AND (NEW.id, NEW.event_id, NEW.booking_id, NEW.kind, NEW.refunded, NEW.refunded_fees, NEW.refunded_tax, NEW.ended, NEW.changed_at)
      = (OLD.id, OLD.event_id, OLD.booking_id, OLD.kind, OLD.refunded, OLD.refunded_fees, OLD.refunded_tax, OLD.ended, OLD.changed_at)
    AND (NEW.method, NEW.refund_id) IS NOT DISTINCT FROM (OLD.method, OLD.refund_id) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% of a sale that was noted is not allowed: it is added up once', TG_OP
    USING ERRCODE = '23514', CONSTRAINT = 'sale_changes_folded_once';
END $$;
