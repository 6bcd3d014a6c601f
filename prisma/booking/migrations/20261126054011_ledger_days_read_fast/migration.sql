-- no transaction
-- A day of the ledger, for its close. Postings lie in the order in which they came, so a few bytes for each stretch of them are enough.
CREATE INDEX CONCURRENTLY ledger_transactions_days ON ledger_transactions USING brin (created_at, seq) WITH (autosummarize = on);
