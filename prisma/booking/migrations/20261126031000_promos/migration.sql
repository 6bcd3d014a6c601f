-- Promotions: what makes bookings cheaper, the codes that stand for it, and who has used them.

-- The terms of a promotion: of one code, or of all codes of a campaign.
CREATE TABLE promos (
  id uuid NOT NULL CONSTRAINT promos_pkey PRIMARY KEY,
  -- Where it holds: one event; all events of one organizer; the whole platform, where both are null.
  event_id uuid,
  organizer_id uuid,
  -- Of a campaign; null of a single code.
  name text,
  kind text NOT NULL CHECK (kind IN ('PERCENT', 'FIXED', 'FREE_ITEM')),
  percent integer CHECK (percent BETWEEN 1 AND 100),
  amount bigint CHECK (amount BETWEEN 1 AND 9007199254740991),
  free_quantity integer CHECK (free_quantity BETWEEN 1 AND 10),
  -- ISO 4217, of `amount`, `maximum_discount` and `minimum_spend`.
  currency text CHECK (currency ~ '^[A-Z]{3}$'),
  maximum_discount bigint CHECK (maximum_discount BETWEEN 1 AND 9007199254740991),
  minimum_spend bigint NOT NULL DEFAULT 0 CHECK (minimum_spend BETWEEN 0 AND 9007199254740991),
  minimum_quantity integer NOT NULL DEFAULT 1 CHECK (minimum_quantity BETWEEN 1 AND 10),
  -- Only of these types of the event; empty for all.
  ticket_type_ids uuid[] DEFAULT ARRAY[]::uuid[] CONSTRAINT promos_types_given CHECK (ticket_type_ids IS NOT NULL),
  combinable boolean NOT NULL DEFAULT false,
  starts_at timestamptz(3),
  ends_at timestamptz(3),
  active boolean NOT NULL DEFAULT true,
  max_uses integer CHECK (max_uses >= 1),
  max_uses_per_user integer CHECK (max_uses_per_user >= 1),
  used integer NOT NULL DEFAULT 0 CONSTRAINT promos_used_not_negative CHECK (used >= 0),
  created_by uuid NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT promos_scope_check CHECK (event_id IS NULL OR organizer_id IS NULL),
  CONSTRAINT promos_types_check CHECK (cardinality(ticket_type_ids) = 0 OR event_id IS NOT NULL),
  CONSTRAINT promos_value_check CHECK ((percent IS NOT NULL) = (kind = 'PERCENT') AND (amount IS NOT NULL) = (kind = 'FIXED')
    AND (free_quantity IS NOT NULL) = (kind = 'FREE_ITEM')),
  CONSTRAINT promos_currency_needed_check
    CHECK (currency IS NOT NULL OR (amount IS NULL AND maximum_discount IS NULL AND minimum_spend = 0)),
  CONSTRAINT promos_window_check CHECK (starts_at < ends_at),
  -- The last use is spent once, however many come for it.
  CONSTRAINT promos_used_check CHECK (used <= max_uses)
);
-- Lists of campaigns, newest first.
CREATE INDEX promos_campaigns ON promos (event_id, organizer_id, id DESC) WHERE name IS NOT NULL;

CREATE TABLE promo_codes (
  id uuid NOT NULL CONSTRAINT promo_codes_pkey PRIMARY KEY,
  promo_id uuid NOT NULL CONSTRAINT promo_codes_promo_id_fkey REFERENCES promos,
  -- Whose names it is among: those of the event, of the organizer, or the platform's (the nil UUID).
  scope_id uuid NOT NULL,
  -- Trimmed, in upper case.
  code text NOT NULL CHECK (code <> ''),
  active boolean NOT NULL DEFAULT true,
  -- Null: as often as the promotion allows. 1 of a campaign's.
  max_uses integer CHECK (max_uses >= 1),
  used integer NOT NULL DEFAULT 0 CONSTRAINT promo_codes_used_not_negative CHECK (used >= 0),
  deleted_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- What uses point at, so that a use is of the code's own promotion.
  CONSTRAINT promo_codes_id_promo_id_key UNIQUE (id, promo_id),
  CONSTRAINT promo_codes_used_check CHECK (used <= max_uses)
);
-- A code stands for one thing where it holds; the name of one that is deleted is free.
CREATE UNIQUE INDEX promo_codes_one_per_scope ON promo_codes (scope_id, code) WHERE deleted_at IS NULL;
CREATE INDEX promo_codes_promo_id_id_idx ON promo_codes (promo_id, id DESC);
CREATE INDEX promo_codes_listed ON promo_codes (scope_id, id DESC) WHERE deleted_at IS NULL;

-- How often one person has used a promotion, and how often they might when they did it last.
CREATE TABLE promo_users (
  promo_id uuid NOT NULL CONSTRAINT promo_users_promo_id_fkey REFERENCES promos,
  user_id uuid NOT NULL,
  used integer NOT NULL CONSTRAINT promo_users_used_not_negative CHECK (used >= 0),
  max_uses integer,
  CONSTRAINT promo_users_pkey PRIMARY KEY (promo_id, user_id),
  CONSTRAINT promo_users_used_check CHECK (used <= max_uses)
);

-- A booking that a code has made cheaper. A use is held from the booking on, and given back when that expires or is cancelled; once
-- paid it is spent, also when the money goes back.
CREATE TABLE promo_uses (
  booking_id uuid NOT NULL CONSTRAINT promo_uses_booking_id_fkey REFERENCES bookings,
  code_id uuid NOT NULL,
  promo_id uuid NOT NULL,
  user_id uuid NOT NULL,
  -- In the booking's currency.
  discount bigint NOT NULL CHECK (discount BETWEEN 1 AND 9007199254740991),
  given_back_at timestamptz(3),
  CONSTRAINT promo_uses_pkey PRIMARY KEY (booking_id, promo_id),
  CONSTRAINT promo_uses_code_fkey FOREIGN KEY (code_id, promo_id) REFERENCES promo_codes (id, promo_id)
);
CREATE INDEX promo_uses_promo_id_idx ON promo_uses (promo_id);
CREATE INDEX promo_uses_code_id_idx ON promo_uses (code_id);

-- A count moves with the uses, and with nothing else. Rows are locked in one order: the promotion, then the code, then the person.
CREATE FUNCTION count_promo_use() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  step integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
  allowed integer;
BEGIN
  UPDATE promos SET used = used + step WHERE id = NEW.promo_id RETURNING max_uses_per_user INTO allowed;
  UPDATE promo_codes SET used = used + step WHERE id = NEW.code_id;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO promo_users AS known (promo_id, user_id, used, max_uses) VALUES (NEW.promo_id, NEW.user_id, 1, allowed)
      ON CONFLICT (promo_id, user_id) DO UPDATE SET used = known.used + 1, max_uses = excluded.max_uses;
  ELSE
    UPDATE promo_users SET used = used - 1 WHERE promo_id = NEW.promo_id AND user_id = NEW.user_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER promo_uses_taken AFTER INSERT ON promo_uses FOR EACH ROW EXECUTE FUNCTION count_promo_use();
CREATE TRIGGER promo_uses_given_back AFTER UPDATE OF given_back_at ON promo_uses
  FOR EACH ROW WHEN (OLD.given_back_at IS NULL AND NEW.given_back_at IS NOT NULL) EXECUTE FUNCTION count_promo_use();

-- What a use was stays; it is given back once, and never taken again.
CREATE FUNCTION guard_promo_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.given_back_at IS NULL THEN
    RETURN NEW;
  ELSIF TG_OP = 'UPDATE' AND OLD.given_back_at IS NULL
    AND (NEW.booking_id, NEW.code_id, NEW.promo_id, NEW.user_id, NEW.discount)
      = (OLD.booking_id, OLD.code_id, OLD.promo_id, OLD.user_id, OLD.discount) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% of the use of a promotion is not allowed: it is taken, and given back once', TG_OP
    USING ERRCODE = '23514', CONSTRAINT = 'promo_uses_once';
END $$;
CREATE TRIGGER promo_uses_once BEFORE INSERT OR UPDATE OR DELETE ON promo_uses
  FOR EACH ROW EXECUTE FUNCTION guard_promo_use();

-- A booking that comes to nothing gives back what it holds, in the transaction that ends it, whoever ends it. In the order of the
-- promotions, so that two bookings which hold the same never wait for each other.
CREATE FUNCTION give_promos_back() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held uuid;
BEGIN
  FOR held IN SELECT promo_id FROM promo_uses WHERE booking_id = NEW.id AND given_back_at IS NULL ORDER BY promo_id LOOP
    UPDATE promo_uses SET given_back_at = clock_timestamp() WHERE booking_id = NEW.id AND promo_id = held;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER bookings_give_promos_back AFTER UPDATE OF status ON bookings
  FOR EACH ROW WHEN (NEW.discount > 0 AND OLD.status = 'PENDING' AND NEW.status IN ('EXPIRED', 'CANCELLED'))
  EXECUTE FUNCTION give_promos_back();

-- What is taken off each line.
ALTER TABLE booking_items ADD COLUMN discount bigint NOT NULL DEFAULT 0;
ALTER TABLE booking_items ADD CONSTRAINT booking_items_discount_check
  CHECK (discount BETWEEN 0 AND unit_price * quantity) NOT VALID;

-- At commit: the discount of a booking is what its lines are cheaper by, and what its promotions take off.
CREATE FUNCTION check_discount_of_booking(booking uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  said bigint;
  of_items bigint;
  of_promos bigint;
BEGIN
  SELECT discount INTO said FROM bookings WHERE id = booking;
  SELECT coalesce(sum(discount), 0) INTO of_items FROM booking_items WHERE booking_id = booking;
  SELECT coalesce(sum(discount), 0) INTO of_promos FROM promo_uses WHERE booking_id = booking;
  IF said <> of_items OR said <> of_promos THEN
    RAISE EXCEPTION 'booking % is % cheaper, its items %, its promotions %', booking, said, of_items, of_promos
      USING ERRCODE = '23514', CONSTRAINT = 'bookings_discount_adds_up';
  END IF;
END $$;
CREATE FUNCTION check_discount_of_new_booking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_discount_of_booking(NEW.id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bookings_discount_adds_up AFTER INSERT ON bookings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.discount > 0) EXECUTE FUNCTION check_discount_of_new_booking();
CREATE FUNCTION check_discount_of_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_discount_of_booking(NEW.booking_id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER booking_items_discount_adds_up AFTER INSERT OR UPDATE OF discount ON booking_items
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.discount > 0) EXECUTE FUNCTION check_discount_of_part();
CREATE CONSTRAINT TRIGGER promo_uses_discount_adds_up AFTER INSERT ON promo_uses
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_discount_of_part();

-- Codes that somebody tried and that there are none of, by account and by network: a guesser is slowed down.
CREATE TABLE promo_guesses (
  -- A keyed hash of whom it is counted for.
  key bytea NOT NULL CONSTRAINT promo_guesses_pkey PRIMARY KEY,
  guesses integer NOT NULL CHECK (guesses >= 0),
  window_ends_at timestamptz(3) NOT NULL
);
CREATE INDEX promo_guesses_window_ends_at_idx ON promo_guesses (window_ends_at);
