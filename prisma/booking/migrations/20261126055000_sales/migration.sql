-- What events have sold, added up as it happens. A counter for each event would have its buyers wait in line for one row; so each sale and each refund is
-- noted as a row of its own, in the transaction that makes it, and a job adds the rows up afterwards. Sums and what is not in them yet are read together.

CREATE TABLE sale_changes (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT sale_changes_pkey PRIMARY KEY,
  event_id uuid NOT NULL,
  booking_id uuid NOT NULL CONSTRAINT sale_changes_booking_id_fkey REFERENCES bookings,
  -- SALE: it was paid, or costs nothing and was confirmed. REFUND: money of it went back, or its places that cost nothing did.
  kind text NOT NULL CONSTRAINT sale_changes_kind_check CHECK (kind IN ('SALE', 'REFUND')),
  -- Of a SALE: the provider whose payment paid it; null where it costs nothing.
  method text,
  -- Of a REFUND: how much went back by it, and whether that was the last of the booking.
  refunded bigint NOT NULL DEFAULT 0 CONSTRAINT sale_changes_refunded_check CHECK (refunded BETWEEN 0 AND 9007199254740991),
  ended boolean NOT NULL DEFAULT false,
  changed_at timestamptz(3) NOT NULL,
  -- Whether it is in sale_sums.
  folded boolean NOT NULL DEFAULT false,
  CONSTRAINT sale_changes_terms_check CHECK (kind = 'REFUND' OR (refunded = 0 AND NOT ended))
);
-- A booking is sold once, and comes to its end once.
CREATE UNIQUE INDEX sale_changes_sold_once ON sale_changes (booking_id) WHERE kind = 'SALE';
CREATE UNIQUE INDEX sale_changes_ended_once ON sale_changes (booking_id) WHERE ended;
CREATE INDEX sale_changes_to_fold ON sale_changes (event_id, id) WHERE NOT folded;

-- At commit, when the payment is there as well.
CREATE FUNCTION note_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status IN ('PENDING', 'EXPIRED') THEN
    INSERT INTO sale_changes (event_id, booking_id, kind, method, changed_at)
    VALUES (NEW.event_id, NEW.id, 'SALE', CASE WHEN NEW.total_price > 0 THEN
      (SELECT provider FROM payments WHERE booking_id = NEW.id AND paid_at IS NOT NULL ORDER BY status = 'REFUNDED', id DESC LIMIT 1) END, now());
  ELSE
    INSERT INTO sale_changes (event_id, booking_id, kind, refunded, ended, changed_at)
    VALUES (NEW.event_id, NEW.id, 'REFUND', NEW.refunded_amount - OLD.refunded_amount, NEW.status = 'REFUNDED', now());
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bookings_sales_noted AFTER UPDATE OF status, refunded_amount ON bookings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')
    AND (OLD.status, OLD.refunded_amount) IS DISTINCT FROM (NEW.status, NEW.refunded_amount))
  EXECUTE FUNCTION note_sale();

-- What was noted stays as it was: only that it is in the sums is said of it later, once.
CREATE FUNCTION guard_sale_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NOT OLD.folded AND NEW.folded
    AND (NEW.id, NEW.event_id, NEW.booking_id, NEW.kind, NEW.refunded, NEW.ended, NEW.changed_at)
      = (OLD.id, OLD.event_id, OLD.booking_id, OLD.kind, OLD.refunded, OLD.ended, OLD.changed_at)
    AND NEW.method IS NOT DISTINCT FROM OLD.method THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% of a sale that was noted is not allowed: it is added up once', TG_OP
    USING ERRCODE = '23514', CONSTRAINT = 'sale_changes_folded_once';
END $$;
CREATE TRIGGER sale_changes_folded_once BEFORE UPDATE OR DELETE ON sale_changes
  FOR EACH ROW EXECUTE FUNCTION guard_sale_change();

CREATE TABLE sale_sums (
  event_id uuid NOT NULL,
  -- EVENT: all of it. TIME: by quarters of an hour, of which the days of every time zone are made. TYPE: by ticket type. PROMO: by promo code.
  -- METHOD: by what paid.
  dimension text NOT NULL CONSTRAINT sale_sums_dimension_check CHECK (dimension IN ('EVENT', 'TIME', 'TYPE', 'PROMO', 'METHOD')),
  -- When the quarter of an hour begins (RFC 3339, UTC), the id of the type or the code, or the provider ('' where nothing was paid).
  value text NOT NULL,
  currency text NOT NULL,
  -- Name of the ticket type, or the code.
  label text,
  changes bigint NOT NULL,
  bookings bigint NOT NULL,
  refunded_bookings bigint NOT NULL,
  tickets bigint NOT NULL,
  refunded_tickets bigint NOT NULL,
  gross bigint NOT NULL,
  discount bigint NOT NULL,
  refunded bigint NOT NULL,
  CONSTRAINT sale_sums_pkey PRIMARY KEY (event_id, dimension, value, currency)
);
-- The leaderboard.
CREATE INDEX sale_sums_most_sold ON sale_sums ((tickets - refunded_tickets) DESC) WHERE dimension = 'EVENT';

-- IANA name; null until the event subgraph has told of the event again.
ALTER TABLE event_copies ADD COLUMN timezone text;
