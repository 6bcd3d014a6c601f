-- Amounts are whole numbers of the smallest unit charged. Their upper bound, 2^53 - 1, is what JSON carries exactly.

CREATE TABLE bookings (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  event_id uuid NOT NULL,
  organizer_id uuid NOT NULL,
  -- A hold is paid for by one booking only.
  hold_id uuid NOT NULL CONSTRAINT bookings_hold_id_key UNIQUE,
  status text NOT NULL DEFAULT 'PENDING'
    CHECK (status IN ('PENDING', 'PAID', 'EXPIRED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED')),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  subtotal bigint NOT NULL CHECK (subtotal BETWEEN 0 AND 9007199254740991),
  discount bigint NOT NULL DEFAULT 0 CHECK (discount BETWEEN 0 AND subtotal),
  total_price bigint NOT NULL,
  refunded_amount bigint NOT NULL DEFAULT 0,
  refund_reason text,
  expires_at timestamptz(3) NOT NULL,
  settled boolean NOT NULL DEFAULT true,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- The total is what the parts say.
  CONSTRAINT bookings_total_check CHECK (total_price = subtotal - discount),
  -- The status tells how much of the money went back.
  CONSTRAINT bookings_refunded_check CHECK (CASE status
    WHEN 'REFUNDED' THEN refunded_amount = total_price
    WHEN 'PARTIALLY_REFUNDED' THEN refunded_amount > 0 AND refunded_amount < total_price
    ELSE refunded_amount = 0 END)
);
-- Lists: a user's bookings newest first (ids are time-ordered), an event's bookings for its sales.
CREATE INDEX bookings_user ON bookings (user_id, id DESC);
CREATE INDEX bookings_event ON bookings (event_id);
-- The sweep: what is past its time, and what the ticket subgraph has not yet done.
CREATE INDEX bookings_to_expire ON bookings (expires_at) WHERE status = 'PENDING';
CREATE INDEX bookings_to_settle ON bookings (updated_at) WHERE NOT settled;

-- Invariant 5: a booking starts PENDING, leaves it once, and never comes back; what was agreed on stays as it was.
CREATE FUNCTION guard_booking_change() RETURNS trigger LANGUAGE plpgsql AS $$
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
    WHEN 'PAID' THEN NEW.status IN ('PARTIALLY_REFUNDED', 'REFUNDED')
    WHEN 'PARTIALLY_REFUNDED' THEN NEW.status = 'REFUNDED'
    ELSE false END) THEN
    RAISE EXCEPTION 'a booking cannot go from % to %', OLD.status, NEW.status
      USING ERRCODE = '23514', CONSTRAINT = 'bookings_status_moves';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER bookings_status_moves BEFORE INSERT OR UPDATE ON bookings
  FOR EACH ROW EXECUTE FUNCTION guard_booking_change();

CREATE TABLE booking_items (
  booking_id uuid NOT NULL REFERENCES bookings,
  position integer NOT NULL,
  ticket_type_id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('FREE', 'PAID', 'DONATION')),
  seat_id uuid,
  seat_label text,
  unit_price bigint NOT NULL CHECK (unit_price BETWEEN 0 AND 9007199254740991),
  quantity integer NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (booking_id, position),
  -- A seat is one place.
  CONSTRAINT booking_items_seat_check CHECK (seat_id IS NULL OR quantity = 1)
);

CREATE TABLE booking_tickets (
  -- A ticket belongs to one booking.
  ticket_id uuid PRIMARY KEY,
  booking_id uuid NOT NULL REFERENCES bookings,
  position integer NOT NULL,
  CONSTRAINT booking_tickets_booking_id_position_key UNIQUE (booking_id, position)
);

CREATE TABLE payments (
  id uuid PRIMARY KEY,
  -- A booking is paid once.
  booking_id uuid NOT NULL REFERENCES bookings CONSTRAINT payments_booking_id_key UNIQUE,
  method text NOT NULL CHECK (method IN ('WALLET')),
  status text NOT NULL CHECK (status IN ('PAID', 'REFUNDED')),
  amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 9007199254740991),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  paid_at timestamptz(3) NOT NULL
);

-- One result per key: of requests that come at once with the same key, one inserts, the others meet the primary key.
CREATE TABLE idempotency_keys (
  user_id uuid NOT NULL,
  operation text NOT NULL,
  key text NOT NULL,
  input_hash text NOT NULL,
  result_id uuid NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  PRIMARY KEY (user_id, operation, key)
);
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);

-- The ledger: double entry, append only (invariant 3).

CREATE TABLE ledger_accounts (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('WALLET', 'EVENT_SALES', 'SIGNUP_GRANTS')),
  owner_id uuid NOT NULL,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  balance bigint,
  -- One account per owner, kind and currency, however many open it at once.
  CONSTRAINT ledger_accounts_kind_owner_id_currency_key UNIQUE (kind, owner_id, currency),
  -- What the entries' foreign key points at, so that an entry has its account's currency.
  CONSTRAINT ledger_accounts_id_currency_key UNIQUE (id, currency),
  CONSTRAINT ledger_accounts_balance_kept_check CHECK ((kind = 'WALLET') = (balance IS NOT NULL)),
  -- Nobody spends what is not there.
  CONSTRAINT ledger_accounts_balance_check CHECK (balance BETWEEN 0 AND 9007199254740991)
);

CREATE TABLE ledger_transactions (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('GRANT', 'PAYMENT', 'REFUND')),
  booking_id uuid REFERENCES bookings,
  -- The same thing is posted once: 'payment:<booking>', 'refund:<booking>', 'grant:<user>'.
  reference text NOT NULL CONSTRAINT ledger_transactions_reference_key UNIQUE,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT ledger_transactions_booking_check CHECK ((kind = 'GRANT') = (booking_id IS NULL))
);
CREATE INDEX ledger_transactions_booking_id_idx ON ledger_transactions (booking_id);

CREATE TABLE ledger_entries (
  id uuid PRIMARY KEY,
  transaction_id uuid NOT NULL REFERENCES ledger_transactions,
  account_id uuid NOT NULL,
  currency text NOT NULL,
  amount bigint NOT NULL CHECK (amount <> 0),
  -- An entry is in its account's currency.
  CONSTRAINT ledger_entries_account_fkey FOREIGN KEY (account_id, currency) REFERENCES ledger_accounts (id, currency)
);
CREATE INDEX ledger_entries_transaction_id_idx ON ledger_entries (transaction_id);
CREATE INDEX ledger_entries_account_id_id_idx ON ledger_entries (account_id, id);

-- What is written stays: a mistake is mended by another transaction.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is not allowed: it is append only', TG_OP, TG_TABLE_NAME
    USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER ledger_transactions_immutable BEFORE UPDATE OR DELETE ON ledger_transactions
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transactions_no_truncate BEFORE TRUNCATE ON ledger_transactions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_immutable BEFORE UPDATE OR DELETE ON ledger_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_accounts_no_delete BEFORE DELETE ON ledger_accounts
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A wallet's balance is the sum of its entries: each entry moves it, and nothing else can.
CREATE FUNCTION move_wallet_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ledger_accounts SET balance = balance + NEW.amount WHERE id = NEW.account_id AND kind = 'WALLET';
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_entries_move_balance AFTER INSERT ON ledger_entries
  FOR EACH ROW EXECUTE FUNCTION move_wallet_balance();

CREATE FUNCTION guard_account_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.balance <> 0 THEN
      RAISE EXCEPTION 'an account opens empty' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
    END IF;
  ELSIF (NEW.id, NEW.kind, NEW.owner_id, NEW.currency) IS DISTINCT FROM (OLD.id, OLD.kind, OLD.owner_id, OLD.currency) THEN
    RAISE EXCEPTION 'an account stays whose it is' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
  ELSIF pg_trigger_depth() < 2 THEN -- 1 is this trigger alone; 2 is this one, fired by an entry's
    RAISE EXCEPTION 'a balance moves with entries only' USING ERRCODE = '23514', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_accounts_guard BEFORE INSERT OR UPDATE ON ledger_accounts
  FOR EACH ROW EXECUTE FUNCTION guard_account_change();

-- At commit, not before: entries are written one after the other, and only together do they sum to zero.
CREATE FUNCTION check_transaction_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wrong record;
BEGIN
  SELECT currency, sum(amount) AS total INTO wrong FROM ledger_entries
    WHERE transaction_id = NEW.transaction_id GROUP BY currency HAVING sum(amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'ledger transaction % is off by % %', NEW.transaction_id, wrong.total, wrong.currency
      USING ERRCODE = '23514', CONSTRAINT = 'ledger_entries_balanced';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entries_balanced AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_transaction_balanced();

CREATE FUNCTION check_transaction_has_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_entries WHERE transaction_id = NEW.id) THEN
    RAISE EXCEPTION 'ledger transaction % has no entries', NEW.id
      USING ERRCODE = '23514', CONSTRAINT = 'ledger_transactions_not_empty';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_transactions_not_empty AFTER INSERT ON ledger_transactions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_transaction_has_entries();

-- At commit, what the event has earned by a booking is what the booking's status says, from both sides:
-- no status without its money, no money without its status.
CREATE FUNCTION check_booking_money(booking uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  expected bigint;
  captured bigint;
BEGIN
  SELECT CASE WHEN status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED') THEN total_price - refunded_amount ELSE 0 END
    INTO expected FROM bookings WHERE id = booking;
  SELECT coalesce(sum(e.amount), 0) INTO captured
    FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
    JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'EVENT_SALES'
    WHERE t.booking_id = booking;
  IF captured <> expected THEN
    RAISE EXCEPTION 'booking % should have brought %, the ledger has %', booking, expected, captured
      USING ERRCODE = '23514', CONSTRAINT = 'bookings_money_agrees';
  END IF;
END $$;
CREATE FUNCTION check_money_of_booking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_booking_money(NEW.id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bookings_money_agrees AFTER UPDATE OF status, refunded_amount ON bookings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_money_of_booking();
CREATE FUNCTION check_money_of_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  booking uuid;
BEGIN
  SELECT booking_id INTO booking FROM ledger_transactions WHERE id = NEW.transaction_id;
  IF booking IS NOT NULL THEN
    PERFORM check_booking_money(booking);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entries_money_agrees AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_money_of_entry();
