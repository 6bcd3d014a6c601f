-- Fees and tax: what an event charges, and what each booking was charged when it was made.

-- Whose fees are set: an event's, or, by the nil UUID, the platform's own for all events that have none of their own from it.
CREATE TABLE event_fee_sets (
  event_id uuid NOT NULL CONSTRAINT event_fee_sets_pkey PRIMARY KEY,
  -- Whether its platform fees, which may be none, stand in the place of the platform's own.
  own_platform_fees boolean NOT NULL DEFAULT false,
  -- Rises with each change: a booking is written only at the fees of that moment.
  version integer NOT NULL DEFAULT 1,
  updated_by uuid NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE event_fees (
  event_id uuid NOT NULL CONSTRAINT event_fees_event_id_fkey REFERENCES event_fee_sets,
  position integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('PLATFORM_FEE', 'ORGANIZER_FEE', 'TAX')),
  name text NOT NULL CHECK (name <> ''),
  -- Hundredths of a percent.
  basis_points integer NOT NULL CHECK (basis_points BETWEEN 0 AND 10000),
  per_place bigint NOT NULL CHECK (per_place BETWEEN 0 AND 9007199254740991),
  -- ISO 4217, of `per_place`.
  currency text CHECK (currency ~ '^[A-Z]{3}$'),
  -- Inside the price, else added to it.
  inclusive boolean NOT NULL,
  taxed boolean NOT NULL,
  CONSTRAINT event_fees_pkey PRIMARY KEY (event_id, position),
  CONSTRAINT event_fees_currency_needed_check CHECK ((per_place > 0) = (currency IS NOT NULL)),
  CONSTRAINT event_fees_something_check CHECK (basis_points > 0 OR per_place > 0),
  CONSTRAINT event_fees_platform_check CHECK (event_id <> '00000000-0000-0000-0000-000000000000' OR kind = 'PLATFORM_FEE')
);

-- Of a booking: what is added to its price; and what of its total is the platform's, and tax. The rest is its event's.
ALTER TABLE bookings
  ADD COLUMN surcharge bigint NOT NULL DEFAULT 0,
  ADD COLUMN platform_fees bigint NOT NULL DEFAULT 0,
  ADD COLUMN tax bigint NOT NULL DEFAULT 0;
ALTER TABLE bookings DROP CONSTRAINT bookings_total_check;
ALTER TABLE bookings ADD CONSTRAINT bookings_total_check CHECK (total_price = subtotal - discount + surcharge) NOT VALID;
ALTER TABLE bookings ADD CONSTRAINT bookings_fees_check
  CHECK (surcharge >= 0 AND platform_fees >= 0 AND tax >= 0 AND platform_fees + tax <= total_price
    AND total_price <= 9007199254740991) NOT VALID;

CREATE TABLE booking_fees (
  booking_id uuid NOT NULL CONSTRAINT booking_fees_booking_id_fkey REFERENCES bookings,
  position integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('PLATFORM_FEE', 'ORGANIZER_FEE', 'TAX')),
  name text NOT NULL CHECK (name <> ''),
  basis_points integer NOT NULL CHECK (basis_points BETWEEN 0 AND 10000),
  per_place bigint NOT NULL CHECK (per_place BETWEEN 0 AND 9007199254740991),
  inclusive boolean NOT NULL,
  taxed boolean NOT NULL,
  amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  CONSTRAINT booking_fees_pkey PRIMARY KEY (booking_id, position)
);

-- What was agreed on stays.
CREATE TRIGGER bookings_fees_fixed BEFORE UPDATE ON bookings FOR EACH ROW
  WHEN ((NEW.surcharge, NEW.platform_fees, NEW.tax) IS DISTINCT FROM (OLD.surcharge, OLD.platform_fees, OLD.tax))
  EXECUTE FUNCTION refuse_change();
CREATE TRIGGER booking_fees_fixed BEFORE UPDATE OR DELETE ON booking_fees FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- At commit: what a booking says of its fees is what its lines come to.
CREATE FUNCTION check_fees_of_booking(booking uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  said record;
  of_lines record;
BEGIN
  SELECT surcharge, platform_fees, tax INTO said FROM bookings WHERE id = booking;
  SELECT coalesce(sum(amount) FILTER (WHERE NOT inclusive), 0)::bigint AS surcharge,
      coalesce(sum(amount) FILTER (WHERE kind = 'PLATFORM_FEE'), 0)::bigint AS platform_fees,
      coalesce(sum(amount) FILTER (WHERE kind = 'TAX'), 0)::bigint AS tax
    INTO of_lines FROM booking_fees WHERE booking_id = booking;
  IF said IS DISTINCT FROM of_lines THEN
    RAISE EXCEPTION 'booking % says % of its fees, its lines %', booking, said, of_lines
      USING ERRCODE = '23514', CONSTRAINT = 'bookings_fees_add_up';
  END IF;
END $$;
CREATE FUNCTION check_fees_of_new_booking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_fees_of_booking(NEW.id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bookings_fees_add_up AFTER INSERT ON bookings DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.surcharge > 0 OR NEW.platform_fees > 0 OR NEW.tax > 0) EXECUTE FUNCTION check_fees_of_new_booking();
CREATE FUNCTION check_fees_of_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_fees_of_booking(NEW.booking_id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER booking_fees_add_up AFTER INSERT ON booking_fees DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION check_fees_of_line();

-- At commit, what a booking has brought, to its event, as tax and to the platform, is what its status says. What is frozen by a dispute
-- still counts: it is nobody else's yet.
CREATE OR REPLACE FUNCTION check_booking_money(booking uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  expected bigint;
  captured bigint;
BEGIN
  SELECT CASE WHEN status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED') THEN total_price - refunded_amount ELSE 0 END
    INTO expected FROM bookings WHERE id = booking;
  SELECT coalesce(sum(e.amount), 0) INTO captured
    FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
    JOIN ledger_accounts a ON a.id = e.account_id AND a.kind IN ('EVENT_SALES', 'EVENT_TAX', 'PLATFORM_FEES', 'DISPUTED')
    WHERE t.booking_id = booking;
  IF captured <> expected THEN
    RAISE EXCEPTION 'booking % should have brought %, the ledger has %', booking, expected, captured
      USING ERRCODE = '23514', CONSTRAINT = 'bookings_money_agrees';
  END IF;
END $$;
