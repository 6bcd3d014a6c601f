-- What an organizer asks to be paid of what their events have earned.

CREATE TABLE payouts (
  id uuid NOT NULL CONSTRAINT payouts_pkey PRIMARY KEY,
  organizer_id uuid NOT NULL,
  -- REQUESTED: taken out of what the events have earned, and waits for an admin. APPROVED: to be transferred. PAID: transferred.
  -- REJECTED, FAILED: back where it came from.
  status text NOT NULL DEFAULT 'REQUESTED' CHECK (status IN ('REQUESTED', 'APPROVED', 'REJECTED', 'PAID', 'FAILED')),
  amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  bank_name text NOT NULL,
  -- Personal: forgotten a while after the payout has come to its end.
  account_holder text,
  account_number text,
  account_ending text NOT NULL CHECK (length(account_ending) <= 4),
  -- Why it was rejected or failed, or what the reviewer had to say.
  message text,
  reviewed_by uuid,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  reviewed_at timestamptz(3),
  paid_at timestamptz(3),
  -- When it was paid, rejected, or failed last.
  ended_at timestamptz(3),
  CONSTRAINT payouts_account_check CHECK ((account_holder IS NULL) = (account_number IS NULL)),
  -- Nothing is forgotten that is still needed to pay.
  CONSTRAINT payouts_account_needed_check CHECK (account_number IS NOT NULL OR ended_at IS NOT NULL),
  CONSTRAINT payouts_reviewed_check CHECK ((status = 'REQUESTED') = (reviewed_at IS NULL)
    AND (reviewed_at IS NULL) = (reviewed_by IS NULL)),
  CONSTRAINT payouts_paid_at_check CHECK (CASE status WHEN 'PAID' THEN paid_at IS NOT NULL WHEN 'FAILED' THEN true
    ELSE paid_at IS NULL END),
  CONSTRAINT payouts_ended_check CHECK ((status IN ('PAID', 'REJECTED', 'FAILED')) = (ended_at IS NOT NULL))
);
CREATE INDEX payouts_organizer_id_id_idx ON payouts (organizer_id, id DESC);
CREATE INDEX payouts_account_to_forget ON payouts (ended_at) WHERE account_number IS NOT NULL;

-- What a payout takes from each event, and how that has come about: the event's statement up to this payout.
CREATE TABLE payout_lines (
  payout_id uuid NOT NULL CONSTRAINT payout_lines_payout_id_fkey REFERENCES payouts,
  event_id uuid NOT NULL,
  -- What goes out of the event's accounts, less what its organizer has taken in themself.
  taken_sales bigint NOT NULL,
  taken_tax bigint NOT NULL,
  set_off bigint NOT NULL,
  amount bigint NOT NULL,
  -- Since the event's first sale; what left it is below zero.
  sales bigint NOT NULL,
  refunds bigint NOT NULL,
  fees bigint NOT NULL,
  tax bigint NOT NULL,
  disputes bigint NOT NULL,
  collected bigint NOT NULL,
  paid_before bigint NOT NULL,
  -- What the event is still owed after this payout.
  remaining bigint NOT NULL,
  CONSTRAINT payout_lines_pkey PRIMARY KEY (payout_id, event_id),
  CONSTRAINT payout_lines_amount_check CHECK (amount = taken_sales + taken_tax - set_off AND set_off >= 0),
  CONSTRAINT payout_lines_statement_check
    CHECK (sales + refunds + fees + tax + disputes + collected + paid_before = amount + remaining)
);
CREATE INDEX payout_lines_event_id_idx ON payout_lines (event_id);
CREATE TRIGGER payout_lines_immutable BEFORE UPDATE OR DELETE ON payout_lines
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A payout moves forward only; what it is of stays. What was transferred may still come back from the bank.
CREATE FUNCTION guard_payout_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'REQUESTED' THEN
      RAISE EXCEPTION 'a payout starts REQUESTED, not %', NEW.status
        USING ERRCODE = '23514', CONSTRAINT = 'payouts_status_moves';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.organizer_id, NEW.amount, NEW.currency, NEW.bank_name, NEW.account_ending, NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.organizer_id, OLD.amount, OLD.currency, OLD.bank_name, OLD.account_ending, OLD.created_at)
     OR NEW.account_number IS DISTINCT FROM OLD.account_number AND NEW.account_number IS NOT NULL
     OR NEW.account_holder IS DISTINCT FROM OLD.account_holder AND NEW.account_holder IS NOT NULL THEN
    RAISE EXCEPTION 'what a payout is of, and where to, never changes'
      USING ERRCODE = '23514', CONSTRAINT = 'payouts_terms_fixed';
  END IF;
  IF NEW.status <> OLD.status AND NOT (CASE OLD.status
    WHEN 'REQUESTED' THEN NEW.status IN ('APPROVED', 'REJECTED')
    WHEN 'APPROVED' THEN NEW.status IN ('PAID', 'FAILED')
    WHEN 'PAID' THEN NEW.status = 'FAILED'
    ELSE false END) THEN
    RAISE EXCEPTION 'a payout cannot go from % to %', OLD.status, NEW.status
      USING ERRCODE = '23514', CONSTRAINT = 'payouts_status_moves';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payouts_status_moves BEFORE INSERT OR UPDATE ON payouts
  FOR EACH ROW EXECUTE FUNCTION guard_payout_change();

-- At commit: the ledger says of a payout what its status and its lines say, from both sides.
CREATE FUNCTION check_payout_money(payout uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  said record;
  lines record;
  posted record;
BEGIN
  -- Whether it is on its way, and whether it is out of the events: 1 or 0.
  SELECT status, amount, organizer_id, (status IN ('REQUESTED', 'APPROVED'))::int AS due,
    (status IN ('REQUESTED', 'APPROVED', 'PAID'))::int AS live INTO said FROM payouts WHERE id = payout;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no payout %', payout USING ERRCODE = '23514', CONSTRAINT = 'payouts_money_agrees';
  END IF;
  SELECT coalesce(sum(amount), 0) AS amount, coalesce(sum(taken_sales), 0) AS sales, coalesce(sum(taken_tax), 0) AS tax,
    coalesce(sum(set_off), 0) AS set_off INTO lines FROM payout_lines WHERE payout_id = payout;
  SELECT coalesce(sum(e.amount) FILTER (WHERE a.kind = 'PAYOUTS_DUE' AND a.owner_id = said.organizer_id), 0) AS due,
    coalesce(sum(e.amount) FILTER (WHERE a.kind = 'EVENT_SALES'), 0) AS sales,
    coalesce(sum(e.amount) FILTER (WHERE a.kind = 'EVENT_TAX'), 0) AS tax,
    coalesce(sum(e.amount) FILTER (WHERE a.kind = 'CLEARING:MANUAL' AND a.owner_id = said.organizer_id), 0) AS set_off
    INTO posted FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
    JOIN ledger_accounts a ON a.id = e.account_id
    WHERE t.reference IN ('payout:' || payout, 'payout-sent:' || payout, 'payout-returned:' || payout);
  IF lines.amount <> said.amount OR posted.due <> said.due * said.amount
    OR posted.sales <> -said.live * lines.sales OR posted.tax <> -said.live * lines.tax
    OR posted.set_off <> said.live * lines.set_off THEN
    RAISE EXCEPTION 'payout % is % of %, its lines say %, the ledger %', payout, said.status, said.amount, lines, posted
      USING ERRCODE = '23514', CONSTRAINT = 'payouts_money_agrees';
  END IF;
END $$;
CREATE FUNCTION check_money_of_payout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_payout_money(NEW.id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payouts_money_agrees AFTER INSERT OR UPDATE OF status ON payouts
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_money_of_payout();
CREATE FUNCTION check_money_of_payout_posting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_payout_money(split_part(NEW.reference, ':', 2)::uuid);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_transactions_payout_agrees AFTER INSERT ON ledger_transactions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind IN ('PAYOUT', 'PAYOUT_SENT', 'PAYOUT_RETURNED'))
  EXECUTE FUNCTION check_money_of_payout_posting();

-- At commit: a payout leaves no event that it takes from below zero, whatever it was told of what there is.
CREATE FUNCTION check_payout_covered() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  short record;
BEGIN
  SELECT taken.owner_id, sum(e.amount) AS left_over INTO short
    FROM (SELECT DISTINCT a.owner_id, a.currency FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
      WHERE e.transaction_id = NEW.id AND a.kind IN ('EVENT_SALES', 'EVENT_TAX') AND e.amount < 0) taken
    JOIN ledger_accounts a ON a.owner_id = taken.owner_id AND a.currency = taken.currency AND a.kind IN ('EVENT_SALES', 'EVENT_TAX')
    JOIN ledger_entries e ON e.account_id = a.id
    GROUP BY taken.owner_id HAVING sum(e.amount) < 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'event % would be % short', short.owner_id, -short.left_over
      USING ERRCODE = '23514', CONSTRAINT = 'payouts_covered';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payouts_covered AFTER INSERT ON ledger_transactions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'PAYOUT') EXECUTE FUNCTION check_payout_covered();
