-- What selling an event's tickets needs to know beyond when and where: whether the sale is stopped, how much one person may
-- take, and that its currency stays.

CREATE TYPE sales_pauser AS ENUM ('ORGANIZER', 'ADMIN');

-- Of the events that are there already nobody knows which have ticket types: their currency stays as it is.
ALTER TABLE events
  ADD COLUMN currency_fixed boolean NOT NULL DEFAULT true,
  ADD COLUMN max_open_places integer,
  ADD COLUMN sales_paused_by sales_pauser,
  ADD COLUMN sales_paused_reason text;
ALTER TABLE events ALTER COLUMN currency_fixed SET DEFAULT false;

ALTER TABLE events ADD CONSTRAINT events_max_open_places CHECK (max_open_places BETWEEN 1 AND 100);

-- Who is kept from buying is told why.
ALTER TABLE events ADD CONSTRAINT events_pause_has_reason CHECK ((sales_paused_by IS NULL) = (sales_paused_reason IS NULL));

-- A fixed currency stays, and stays fixed, whoever comes first. Fixing it changes nothing that anybody has a copy of, so that
-- alone does not raise the version.
DROP TRIGGER events_version_rises ON events;
CREATE TRIGGER events_version_rises BEFORE UPDATE ON events FOR EACH ROW
  WHEN (OLD.currency_fixed OR NOT NEW.currency_fixed) EXECUTE FUNCTION events_raise_version();

CREATE FUNCTION events_keep_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the currency of event % violates constraint "events_currency_fixed"', OLD.id
    USING ERRCODE = 'check_violation', CONSTRAINT = 'events_currency_fixed';
END $$;
CREATE TRIGGER events_currency_fixed BEFORE UPDATE ON events FOR EACH ROW
  WHEN (OLD.currency_fixed AND (NEW.currency <> OLD.currency OR NOT NEW.currency_fixed))
  EXECUTE FUNCTION events_keep_currency();
