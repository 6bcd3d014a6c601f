-- The waitlist of a ticket type that is sold out. What comes back of it becomes a hold of whoever is next, in the transaction that frees it,
-- before anybody else sees it: whoever frees it and in whatever way, for it is this database that sees to it (offer_places).

-- How many entries wait, or gather places. Changes with the type's row locked, so what comes back finds whoever joined before it did.
ALTER TABLE ticket_types ADD COLUMN waiting integer NOT NULL DEFAULT 0;
ALTER TABLE ticket_types ADD CONSTRAINT ticket_types_waiting_check CHECK (waiting >= 0) NOT VALID;

-- Whether a hold was made of what came back, for somebody on the waitlist.
ALTER TABLE holds ADD COLUMN offer boolean NOT NULL DEFAULT false;

CREATE TABLE waitlist_entries (
  id uuid NOT NULL CONSTRAINT waitlist_entries_pkey PRIMARY KEY,
  -- The order of the line. Drawn with the type's row locked, so that it is the order in which people joined.
  place bigint GENERATED ALWAYS AS IDENTITY,
  user_id uuid NOT NULL,
  event_id uuid NOT NULL CONSTRAINT waitlist_entries_event_id_fkey REFERENCES event_copies (id),
  ticket_type_id uuid NOT NULL CONSTRAINT waitlist_entries_ticket_type_id_fkey REFERENCES ticket_types (id) ON DELETE CASCADE,
  quantity integer NOT NULL CONSTRAINT waitlist_entries_quantity_check CHECK (quantity > 0),
  -- GATHERING: some of its places have come back, and are held for it until the others have too.
  status text NOT NULL DEFAULT 'WAITING'
    CONSTRAINT waitlist_entries_status_check CHECK (status IN ('WAITING', 'GATHERING', 'OFFERED', 'ACCEPTED', 'EXPIRED', 'LEFT')),
  -- What is held for it, or was in the end.
  hold_id uuid,
  -- Whether it has gathered in vain once: from then on only what it waits for as a whole is offered to it.
  passed boolean NOT NULL DEFAULT false,
  -- How many places of an event one person may have open, unless the event has a limit of its own; for how long an offer stands, and for how
  -- long places are gathered: the settings of when it joined.
  open_limit integer NOT NULL,
  offer_seconds integer NOT NULL,
  gather_seconds integer NOT NULL,
  joined_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  closed_at timestamptz(3),
  CONSTRAINT waitlist_entries_hold_check CHECK (status NOT IN ('GATHERING', 'OFFERED') OR hold_id IS NOT NULL),
  CONSTRAINT waitlist_entries_closed_check CHECK ((status IN ('WAITING', 'GATHERING', 'OFFERED')) = (closed_at IS NULL))
);
-- Nobody stands in line twice.
CREATE UNIQUE INDEX waitlist_entries_one_open ON waitlist_entries (user_id, ticket_type_id) WHERE closed_at IS NULL;
CREATE INDEX waitlist_entries_line ON waitlist_entries (ticket_type_id, place) WHERE status IN ('WAITING', 'GATHERING');
CREATE UNIQUE INDEX waitlist_entries_hold_id_key ON waitlist_entries (hold_id);
CREATE INDEX waitlist_entries_user ON waitlist_entries (user_id, ticket_type_id, id);
CREATE INDEX waitlist_entries_closed ON waitlist_entries (closed_at) WHERE closed_at IS NOT NULL;

-- The best that is free of a ticket type with seats, at most so many: side by side where there is such a row, else in the order of the map. Seats
-- that somebody is taking at this moment are left to them. They stay locked.
CREATE FUNCTION seats_to_offer(of_event uuid, of_type uuid, most integer) RETURNS uuid[] LANGUAGE sql VOLATILE AS $$
  WITH free AS MATERIALIZED (
    SELECT id, section_id, row_index, position FROM seats
    WHERE ticket_type_id = of_type AND event_id = of_event AND status = 'AVAILABLE' FOR NO KEY UPDATE SKIP LOCKED
  ), numbered AS (
    SELECT free.*, position - row_number() OVER (PARTITION BY section_id, row_index ORDER BY position) AS run FROM free
  ), counted AS (
    SELECT numbered.*, count(*) OVER (PARTITION BY section_id, row_index, run) AS neighbours FROM numbered
  )
  SELECT array_agg(id) FROM (
    SELECT id FROM counted ORDER BY neighbours < most, section_id, row_index, run, position LIMIT most) best
$$;

-- Offers what is available of a ticket type to those who wait for it, in the order of the line, as holds of theirs. Who gathers places is given
-- as many as there are; who has gathered in vain, all that they wait for or nothing; who would have more than one person may, nothing for now.
-- Locks the type, then entries in line, then holds and seats that nobody else has locked, then what people have open; the map last.
CREATE FUNCTION offer_places(of_type uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  type record;
  entry record;
  gathered integer;
  given integer;
  room integer;
  spare integer;
  offered integer := 0;
  served integer := 0;
  ends timestamptz;
  hold uuid;
  chosen uuid[];
  shown uuid[];
  touched uuid[] := '{}';
BEGIN
  SELECT y.id, y.event_id, y.seated, y.price, y.available, y.max_per_user, e.max_open_places, least(e.ends_at, y.sale_ends_at) AS ends_at
  INTO type FROM ticket_types y JOIN event_copies e ON e.id = y.event_id
  WHERE y.id = of_type AND y.waiting > 0 AND y.available > 0 AND e.status = 'APPROVED' AND NOT e.sales_paused AND e.ends_at > now()
    AND (y.sale_starts_at IS NULL OR y.sale_starts_at <= now()) AND (y.sale_ends_at IS NULL OR y.sale_ends_at > now())
  FOR NO KEY UPDATE OF y;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  FOR entry IN
    SELECT * FROM waitlist_entries w WHERE w.ticket_type_id = type.id AND w.status IN ('WAITING', 'GATHERING')
    ORDER BY w.place FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    spare := type.available - offered;
    EXIT WHEN spare = 0;
    gathered := 0;
    hold := entry.hold_id;
    IF entry.status = 'GATHERING' THEN
      -- What is being ended, or booked as it is, at this moment is given nothing more.
      PERFORM FROM holds h WHERE h.id = hold AND h.status = 'ACTIVE' AND h.booking_id IS NULL AND h.expires_at > now()
        FOR NO KEY UPDATE SKIP LOCKED;
      CONTINUE WHEN NOT FOUND;
      SELECT coalesce(sum(i.quantity), 0) INTO gathered FROM hold_items i WHERE i.hold_id = hold;
    END IF;
    given := least(entry.quantity - gathered, spare);
    CONTINUE WHEN entry.passed AND given < entry.quantity;
    -- The limits of one person hold for all that they wait for.
    SELECT o.taken INTO room FROM open_places o WHERE o.user_id = entry.user_id AND o.event_id = type.event_id FOR NO KEY UPDATE;
    CONTINUE WHEN coalesce(room, 0) + entry.quantity - gathered > coalesce(type.max_open_places, entry.open_limit);
    SELECT a.taken INTO room FROM allowances a WHERE a.user_id = entry.user_id AND a.ticket_type_id = type.id FOR NO KEY UPDATE;
    CONTINUE WHEN coalesce(room, 0) + entry.quantity - gathered > type.max_per_user;
    IF type.seated THEN
      chosen := seats_to_offer(type.event_id, type.id, given);
      EXIT WHEN chosen IS NULL;
      given := cardinality(chosen);
      CONTINUE WHEN entry.passed AND given < entry.quantity;
    END IF;
    INSERT INTO open_places AS o (user_id, event_id, taken) VALUES (entry.user_id, type.event_id, given)
      ON CONFLICT (user_id, event_id) DO UPDATE SET taken = o.taken + EXCLUDED.taken, emptied_at = NULL;
    INSERT INTO allowances AS a (user_id, ticket_type_id, taken) VALUES (entry.user_id, type.id, given)
      ON CONFLICT (user_id, ticket_type_id) DO UPDATE SET taken = a.taken + EXCLUDED.taken, emptied_at = NULL;
    IF gathered + given = entry.quantity THEN
      served := served + 1;
      ends := least(now() + make_interval(secs => entry.offer_seconds), type.ends_at);
    ELSIF entry.status = 'WAITING' THEN
      ends := least(now() + make_interval(secs => entry.gather_seconds), type.ends_at);
    ELSE
      SELECT h.expires_at INTO ends FROM holds h WHERE h.id = hold;
    END IF;
    IF entry.status = 'WAITING' THEN
      hold := uuidv7();
      INSERT INTO holds (id, user_id, event_id, expires_at, offer) VALUES (hold, entry.user_id, type.event_id, ends, true);
    ELSE
      UPDATE holds SET expires_at = ends WHERE id = hold;
    END IF;
    INSERT INTO hold_items (id, hold_id, ticket_type_id, seat_id, quantity, unit_price)
    SELECT uuidv7(), hold, type.id, place.seat_id, place.quantity, type.price
    FROM (SELECT s.id AS seat_id, 1 AS quantity FROM unnest(chosen) AS s (id) WHERE type.seated
      UNION ALL SELECT NULL, given WHERE NOT type.seated) place;
    offered := offered + given;
    IF type.seated THEN
      -- The seats' own time is what watchers are shown.
      WITH changed AS (
        UPDATE seats SET status = 'HELD', hold_id = hold, held_until = ends, version = version + 1
        WHERE id = ANY (chosen) OR hold_id = hold RETURNING id
      )
      SELECT array_agg(id) INTO shown FROM changed;
      touched := touched || shown;
    END IF;
    PERFORM kit.add_jobs(ARRAY['expire-hold'], ARRAY[json_build_object('holdId', hold)::text], ARRAY[ends], ARRAY['expire-hold:' || hold]);
    UPDATE waitlist_entries SET status = CASE WHEN gathered + given = quantity THEN 'OFFERED' ELSE 'GATHERING' END, hold_id = hold
      WHERE id = entry.id;
    INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
    VALUES (uuidv7(), 'user', 'ticket.waitlist-offered', entry.id, jsonb_build_object('entryId', entry.id, 'userId', entry.user_id,
      'eventId', type.event_id, 'ticketTypeId', type.id, 'holdId', hold, 'places', gathered + given, 'quantity', entry.quantity,
      'expiresAt', to_char(ends AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')));
  END LOOP;
  IF offered = 0 THEN
    RETURN;
  END IF;
  UPDATE ticket_types SET held = held + offered, available = available - offered, waiting = waiting - served, version = version + 1
    WHERE id = type.id;
  IF type.seated THEN
    WITH map AS (UPDATE seat_maps SET revision = revision + 1 WHERE event_id = type.event_id RETURNING revision)
    UPDATE seats SET revision = map.revision FROM map WHERE id = ANY (touched);
  END IF;
END $$;

CREATE FUNCTION offer_what_came_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM offer_places(NEW.id);
  RETURN NULL;
END $$;
-- At the end of each transaction that leaves something available while people wait; while nobody waits it costs nothing but the condition.
CREATE CONSTRAINT TRIGGER ticket_types_offer_places AFTER UPDATE ON ticket_types DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.waiting > 0 AND NEW.available > 0) EXECUTE FUNCTION offer_what_came_back();

-- An event that sells again offers first what came back while it did not.
CREATE FUNCTION offer_what_came_back_meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ticket_types SET version = version + 1 WHERE id IN (
    SELECT id FROM ticket_types WHERE event_id = NEW.id AND waiting > 0 AND available > 0 ORDER BY id FOR NO KEY UPDATE);
  RETURN NULL;
END $$;
CREATE TRIGGER event_copies_offer_places AFTER UPDATE ON event_copies FOR EACH ROW
  WHEN (NEW.status = 'APPROVED' AND NOT NEW.sales_paused AND (OLD.sales_paused OR OLD.status <> 'APPROVED'))
  EXECUTE FUNCTION offer_what_came_back_meanwhile();

-- What becomes of an entry when its hold ends or a booking has it, at the end of that transaction, before what it frees is offered to the
-- next. Who was gathering stays in line, but for what comes back at once; who has let an offer pass is out of it.
CREATE FUNCTION follow_offered_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  entry record;
  hold record;
  becomes text;
BEGIN
  SELECT w.id, w.ticket_type_id INTO entry FROM waitlist_entries w WHERE w.hold_id = NEW.id AND w.closed_at IS NULL;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  PERFORM FROM ticket_types WHERE id = entry.ticket_type_id FOR NO KEY UPDATE;
  SELECT w.id, w.ticket_type_id, w.status INTO entry FROM waitlist_entries w
    WHERE w.hold_id = NEW.id AND w.closed_at IS NULL FOR NO KEY UPDATE;
  SELECT h.status, h.booking_id, EXISTS (SELECT FROM hold_items i WHERE i.hold_id = h.id) AS kept INTO hold FROM holds h WHERE h.id = NEW.id;
  IF entry.id IS NULL OR hold.status IS NULL THEN
    RETURN NULL;
  END IF;
  becomes := CASE WHEN hold.booking_id IS NOT NULL OR NOT hold.kept THEN 'ACCEPTED' WHEN hold.status = 'RELEASED' THEN 'LEFT'
    WHEN hold.status = 'EXPIRED' AND entry.status = 'GATHERING' THEN 'WAITING' WHEN hold.status = 'EXPIRED' THEN 'EXPIRED' END;
  IF becomes = 'WAITING' THEN
    UPDATE waitlist_entries SET status = 'WAITING', passed = true, hold_id = NULL WHERE id = entry.id;
  ELSIF becomes IS NOT NULL THEN
    UPDATE waitlist_entries SET status = becomes, closed_at = now() WHERE id = entry.id;
    IF entry.status = 'GATHERING' THEN
      UPDATE ticket_types SET waiting = waiting - 1 WHERE id = entry.ticket_type_id;
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER holds_follow_offer AFTER UPDATE ON holds DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.offer AND (OLD.status <> NEW.status OR OLD.booking_id IS DISTINCT FROM NEW.booking_id)) EXECUTE FUNCTION follow_offered_hold();
