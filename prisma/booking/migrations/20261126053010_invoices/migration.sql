-- Invoices of payments and credit notes of refunds, numbered without gaps by organizer, kind and year.

-- Payments and refunds of bookings that have no invoice or credit note yet. Here nobody waits for anybody: numbers are given later, by a job.
CREATE TABLE invoices_due (
  transaction_id uuid NOT NULL CONSTRAINT invoices_due_pkey PRIMARY KEY
    CONSTRAINT invoices_due_transaction_id_fkey REFERENCES ledger_transactions
);
CREATE FUNCTION note_invoice_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO invoices_due (transaction_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_transactions_invoice_due AFTER INSERT ON ledger_transactions
  FOR EACH ROW WHEN (NEW.kind IN ('PAYMENT', 'REFUND')) EXECUTE FUNCTION note_invoice_due();

-- Whoever gives an organizer's numbers locks this row: of those who come at once, one after the other.
CREATE TABLE invoice_issuers (
  organizer_id uuid NOT NULL CONSTRAINT invoice_issuers_pkey PRIMARY KEY
);

CREATE TABLE invoices (
  id uuid NOT NULL CONSTRAINT invoices_pkey PRIMARY KEY,
  -- What it is of is invoiced once.
  transaction_id uuid NOT NULL CONSTRAINT invoices_transaction_id_key UNIQUE
    CONSTRAINT invoices_transaction_id_fkey REFERENCES ledger_transactions,
  organizer_id uuid NOT NULL CONSTRAINT invoices_organizer_id_fkey REFERENCES invoice_issuers,
  kind text NOT NULL CHECK (kind IN ('INVOICE', 'CREDIT_NOTE')),
  year integer NOT NULL,
  number integer NOT NULL CHECK (number >= 1),
  -- Of a credit note: what it credits.
  invoice_id uuid CONSTRAINT invoices_invoice_id_fkey REFERENCES invoices,
  booking_id uuid NOT NULL CONSTRAINT invoices_booking_id_fkey REFERENCES bookings,
  event_id uuid NOT NULL,
  user_id uuid NOT NULL,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  total bigint NOT NULL CHECK (total BETWEEN 1 AND 9007199254740991),
  -- Names and lines as they were: nothing of it is looked up or counted again.
  content jsonb NOT NULL,
  issued_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- A number is given once.
  CONSTRAINT invoices_number_key UNIQUE (organizer_id, kind, year, number),
  CONSTRAINT invoices_credits_check CHECK ((kind = 'CREDIT_NOTE') = (invoice_id IS NOT NULL))
);
CREATE INDEX invoices_user_id_id_idx ON invoices (user_id, id DESC);
CREATE INDEX invoices_organizer_id_id_idx ON invoices (organizer_id, id DESC);
CREATE INDEX invoices_event_id_id_idx ON invoices (event_id, id DESC);
CREATE INDEX invoices_booking_id_idx ON invoices (booking_id);
-- A booking is paid once, so it is invoiced once.
CREATE UNIQUE INDEX invoices_one_per_booking ON invoices (booking_id) WHERE kind = 'INVOICE';

-- What is issued stays, and so do its numbers.
CREATE TRIGGER invoices_fixed BEFORE UPDATE OR DELETE ON invoices FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER invoices_no_truncate BEFORE TRUNCATE ON invoices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- At commit: before each number stands the one before it.
CREATE FUNCTION check_invoice_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.number > 1 AND NOT EXISTS (SELECT FROM invoices
    WHERE (organizer_id, kind, year, number) = (NEW.organizer_id, NEW.kind, NEW.year, NEW.number - 1)) THEN
    RAISE EXCEPTION 'number % of % in % follows on none', NEW.number, NEW.kind, NEW.year
      USING ERRCODE = '23514', CONSTRAINT = 'invoices_no_gap';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER invoices_no_gap AFTER INSERT ON invoices DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION check_invoice_number();
