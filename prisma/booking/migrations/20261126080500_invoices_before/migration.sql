-- What was paid, or went back, before there were invoices: it is invoiced now, and credited, with the numbers and the date of today. At every commit a
-- payment or refund of after that is due or issued, so none is noted here that is either; what is paid meanwhile notes itself.
INSERT INTO invoices_due (transaction_id)
SELECT id FROM ledger_transactions change
WHERE kind IN ('PAYMENT', 'REFUND')
  AND NOT EXISTS (SELECT FROM invoices WHERE transaction_id = change.id)
  AND NOT EXISTS (SELECT FROM invoices_due WHERE transaction_id = change.id);
