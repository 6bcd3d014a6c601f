-- When a ticket last changed, for people: `changed_in` is for doors, and no time. Tickets that there are have changed now.
ALTER TABLE tickets ADD COLUMN updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

CREATE OR REPLACE FUNCTION tickets_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_in := pg_current_xact_id()::text::bigint;
  NEW.updated_at := now();
  RETURN NEW;
END $$;
