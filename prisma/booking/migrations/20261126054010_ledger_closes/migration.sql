-- The daily close: what was posted on a day, and a hash over it and the day before, so that a changed past is seen.

-- In which order postings were begun. With it a close says which postings it has seen: those up to a number of which all that will ever
-- be there is there (domain/ledger/close-day.ts). Those from before have none, and are of the first close.
CREATE SEQUENCE ledger_transactions_seq;
-- Whoever may write postings draws from it, also a process of the version before; nobody else gets into this database.
GRANT USAGE ON SEQUENCE ledger_transactions_seq TO PUBLIC;
ALTER TABLE ledger_transactions ADD COLUMN seq bigint;
CREATE FUNCTION number_ledger_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.seq := nextval('ledger_transactions_seq');
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_transactions_numbered BEFORE INSERT ON ledger_transactions
  FOR EACH ROW EXECUTE FUNCTION number_ledger_transaction();

CREATE TABLE ledger_closes (
  -- By UTC.
  day date NOT NULL CONSTRAINT ledger_closes_pkey PRIMARY KEY,
  -- Null of the first. One chain: no day is left out, and none has two after it.
  previous_day date CONSTRAINT ledger_closes_previous_day_fkey REFERENCES ledger_closes,
  -- The last posting that was seen. One that was begun on the day and came later is of the next close.
  horizon bigint NOT NULL,
  transactions bigint NOT NULL,
  entries bigint NOT NULL,
  -- By kind of account and currency: [{account, currency, entries, amount}].
  sums jsonb NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  closed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT ledger_closes_previous_day_check CHECK (previous_day = day - 1),
  CONSTRAINT ledger_closes_over_check CHECK (day < (closed_at AT TIME ZONE 'UTC')::date)
);
CREATE UNIQUE INDEX ledger_closes_previous_day_key ON ledger_closes (previous_day);
CREATE UNIQUE INDEX ledger_closes_one_first ON ledger_closes ((true)) WHERE previous_day IS NULL;
CREATE TRIGGER ledger_closes_immutable BEFORE UPDATE OR DELETE ON ledger_closes
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_closes_no_truncate BEFORE TRUNCATE ON ledger_closes
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a close of a day at a horizon says, after the close of the day before as it stands. A posting is of the first close that has
-- seen it and whose day is not before its own.
CREATE FUNCTION digest_ledger_day(of_day date, of_horizon bigint)
  RETURNS TABLE (transactions bigint, entries bigint, sums jsonb, hash bytea)
  LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  day_starts timestamptz := of_day::timestamp AT TIME ZONE 'UTC';
  day_ends timestamptz := (of_day + 1)::timestamp AT TIME ZONE 'UTC';
  before_horizon bigint;
  before_hash bytea;
BEGIN
  SELECT c.horizon, c.hash INTO before_horizon, before_hash FROM ledger_closes c WHERE c.day = of_day - 1;
  RETURN QUERY
    WITH posted AS MATERIALIZED (
      SELECT t.seq, t.id, concat_ws('|', t.id, t.kind, coalesce(t.booking_id::text, '-'), coalesce(t.seq::text, '-'),
        to_char(t.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'), length(t.reference), t.reference) AS head
      FROM ledger_transactions t
      WHERE t.created_at < day_ends AND (t.seq IS NULL OR t.seq <= of_horizon)
        AND (before_horizon IS NULL OR t.created_at >= day_starts OR t.seq > before_horizon)
    ), moved AS MATERIALIZED (
      SELECT e.transaction_id, e.id, a.kind, a.owner_id, e.currency, e.amount
      FROM posted p JOIN ledger_entries e ON e.transaction_id = p.id JOIN ledger_accounts a ON a.id = e.account_id
    ), hashed AS (
      SELECT p.seq, p.id, sha256(convert_to(p.head || coalesce(string_agg(
        concat_ws('|', '', m.id, m.kind, m.owner_id, m.currency, m.amount), '' ORDER BY m.id), ''), 'UTF8')) AS digest
      FROM posted p LEFT JOIN moved m ON m.transaction_id = p.id GROUP BY p.seq, p.id, p.head
    ), summed AS (
      SELECT m.kind, m.currency, count(*) AS n, sum(m.amount) AS amount FROM moved m GROUP BY m.kind, m.currency
    ), said AS (
      SELECT (SELECT count(*) FROM posted) AS transactions, (SELECT count(*) FROM moved) AS entries,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('account', s.kind, 'currency', s.currency, 'entries', s.n, 'amount', s.amount)
          ORDER BY s.kind, s.currency), '[]') FROM summed s) AS sums,
        (SELECT coalesce(string_agg(h.digest, ''::bytea ORDER BY h.seq NULLS FIRST, h.id), ''::bytea) FROM hashed h) AS digests
    )
    SELECT s.transactions, s.entries, s.sums, sha256(coalesce(before_hash, ''::bytea) || convert_to(
      concat_ws('|', to_char(of_day, 'YYYY-MM-DD'), of_horizon, s.transactions, s.entries, s.sums), 'UTF8') || sha256(s.digests))
    FROM said s;
END $$;
