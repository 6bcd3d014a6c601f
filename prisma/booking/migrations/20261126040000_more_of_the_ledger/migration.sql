-- What money is for beyond one booking: fees and tax, top-ups of wallets, payouts to organizers, disputes, and what providers hand over.
-- EVENT_TAX: tax that an event has taken in, its organizer's to pay. PLATFORM_FEES: the platform's own. PAYOUTS_DUE: of an organizer, on
-- its way to them. DISPUTED: frozen until a dispute is decided. BANK: what has come in there and gone out. PROVIDER_FEES: what providers keep.
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_kind_check;
ALTER TABLE ledger_accounts ADD CONSTRAINT ledger_accounts_kind_check
  CHECK (kind IN ('WALLET', 'EVENT_SALES', 'EVENT_TAX', 'PLATFORM_FEES', 'SIGNUP_GRANTS', 'REFUNDS_DUE', 'PAYOUTS_DUE', 'DISPUTED',
    'BANK', 'PROVIDER_FEES') OR kind ~ '^CLEARING:[A-Z]+$') NOT VALID;
ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_transactions_kind_check;
ALTER TABLE ledger_transactions ADD CONSTRAINT ledger_transactions_kind_check
  CHECK (kind IN ('GRANT', 'PAYMENT', 'REFUND', 'STRAY_PAYMENT', 'REFUND_SENT', 'TOP_UP', 'PAYOUT', 'PAYOUT_SENT', 'PAYOUT_RETURNED',
    'DISPUTE', 'DISPUTE_WON', 'DISPUTE_LOST', 'SETTLEMENT')) NOT VALID;
ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_transactions_booking_check;
ALTER TABLE ledger_transactions ADD CONSTRAINT ledger_transactions_booking_check
  CHECK (booking_id IS NOT NULL OR kind NOT IN ('PAYMENT', 'REFUND')) NOT VALID;
