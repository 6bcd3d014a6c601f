-- no transaction
-- Whose event it is now, for what its organizer is owed.
CREATE INDEX CONCURRENTLY event_copies_organizer_id_idx ON event_copies (organizer_id);
-- An account's balance is read from the index alone; it takes the place of the one without the amount.
CREATE INDEX CONCURRENTLY ledger_entries_of_account ON ledger_entries (account_id, id) INCLUDE (amount);
DROP INDEX CONCURRENTLY IF EXISTS ledger_entries_account_id_id_idx;
