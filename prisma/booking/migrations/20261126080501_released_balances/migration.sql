-- What is left of an event that was called off, once everybody has had their money back, is held back until an admin has looked at it and
-- lets its organizer have it: once, for good, with a reason.
CREATE TABLE released_balances (
  event_id uuid NOT NULL CONSTRAINT released_balances_pkey PRIMARY KEY,
  reason text NOT NULL,
  released_by uuid NOT NULL,
  released_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TRIGGER released_balances_fixed BEFORE UPDATE OR DELETE ON released_balances
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
