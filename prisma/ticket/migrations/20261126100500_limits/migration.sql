-- Who may take places beyond a type's stock and window: access codes, types that are hidden, and contingents, which are out of public sale.

ALTER TABLE ticket_types
  ADD COLUMN description text,
  -- Keyed hashes of the codes with which it can be bought; empty: without one.
  ADD COLUMN access_codes text[] DEFAULT ARRAY[]::text[],
  ADD COLUMN hidden boolean NOT NULL DEFAULT false,
  -- Another type of its event: it is hidden until nothing of that one is left, and stays visible from then on.
  ADD COLUMN hidden_until_sold_out uuid,
  ADD COLUMN revealed_at timestamptz(3),
  -- How many of those that are held are kept by contingents.
  ADD COLUMN held_back integer NOT NULL DEFAULT 0,
  ADD CONSTRAINT ticket_types_access_codes_given CHECK (access_codes IS NOT NULL) NOT VALID,
  -- Invariant 2 stays what it is: what is held back is held.
  ADD CONSTRAINT ticket_types_held_back_check CHECK (held_back BETWEEN 0 AND held) NOT VALID,
  ADD CONSTRAINT ticket_types_hidden_until_another CHECK (hidden_until_sold_out <> id) NOT VALID,
  -- Once the other is deleted it is gone, and this one is for sale.
  ADD CONSTRAINT ticket_types_hidden_until_sold_out_fkey FOREIGN KEY (hidden_until_sold_out) REFERENCES ticket_types (id)
    ON DELETE SET NULL NOT VALID;

-- In the transaction that takes the last place, whoever does that, those show that have waited for it: whoever sees the one sold out sees the other.
-- Their rows are locked out of order, once in the life of a type; where that meets somebody who has them the other way round, Postgres breaks one
-- off, which is run again.
CREATE FUNCTION reveal_ticket_types() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ticket_types SET revealed_at = now(), version = version + 1
    WHERE hidden_until_sold_out = NEW.id AND revealed_at IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER ticket_types_reveal AFTER UPDATE OF available ON ticket_types
  FOR EACH ROW WHEN (NEW.available = 0 AND OLD.available > 0) EXECUTE FUNCTION reveal_ticket_types();

-- Places that the organizer keeps out of public sale, for sponsors or the house. Locked before the seats and ticket types that it keeps.
CREATE TABLE contingents (
  id uuid NOT NULL CONSTRAINT contingents_pkey PRIMARY KEY,
  event_id uuid NOT NULL CONSTRAINT contingents_event_id_fkey REFERENCES event_copies (id),
  -- Of general admission; null for seats, which say themselves whose they are.
  ticket_type_id uuid CONSTRAINT contingents_ticket_type_id_fkey REFERENCES ticket_types (id) ON DELETE CASCADE,
  name text NOT NULL,
  quantity integer NOT NULL CONSTRAINT contingents_quantity_check CHECK (quantity > 0),
  -- How many of them have not been released.
  kept integer NOT NULL CONSTRAINT contingents_kept_check CHECK (kept BETWEEN 0 AND quantity),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX contingents_event ON contingents (event_id, id);
CREATE INDEX contingents_type ON contingents (ticket_type_id);

ALTER TABLE seats
  ADD COLUMN contingent_id uuid,
  ADD CONSTRAINT seats_contingent_id_fkey FOREIGN KEY (contingent_id) REFERENCES contingents (id) NOT VALID,
  -- To the public it looks blocked, and nothing but its release puts it on sale.
  ADD CONSTRAINT seats_held_back_are_blocked CHECK (contingent_id IS NULL OR status = 'BLOCKED') NOT VALID;

-- Wrong access codes, by account and by network: a guesser is slowed down.
CREATE TABLE access_code_guesses (
  -- A keyed hash of whom it is counted for.
  key bytea NOT NULL CONSTRAINT access_code_guesses_pkey PRIMARY KEY,
  guesses integer NOT NULL CONSTRAINT access_code_guesses_check CHECK (guesses >= 0),
  window_ends_at timestamptz(3) NOT NULL
);
CREATE INDEX access_code_guesses_window_ends_at_idx ON access_code_guesses (window_ends_at);
