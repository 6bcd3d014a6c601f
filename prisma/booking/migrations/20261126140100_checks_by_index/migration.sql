-- What is checked of each booking and posting at commit is read by keys, whatever the planner thinks of the tables. A session keeps the plans of these functions: one that was
-- made while a table was nearly empty read all of it, for each row that was written, until the table was analyzed next: in a rush after a quiet night, some minutes
-- in which each purchase takes longer than the one before.
ALTER FUNCTION check_booking_money(uuid) SET enable_seqscan = off;
ALTER FUNCTION check_transaction_has_entries() SET enable_seqscan = off;
ALTER FUNCTION check_transaction_balanced() SET enable_seqscan = off;
ALTER FUNCTION check_items_of_refund() SET enable_seqscan = off;
ALTER FUNCTION check_refunds_of_booking() SET enable_seqscan = off;
ALTER FUNCTION note_sale() SET enable_seqscan = off;
