-- Tickets that their owners give back to the house, once somebody buys them. An offered ticket is valid, and its place is on sale a second time:
-- quota and available are one higher for it (resale). When that place is sold, the ticket ends in the same transaction, so the two are never
-- valid at once, and neither happens without the other. Lock order: as before; tickets before seats, ticket types after them.

-- Until how many hours before it starts tickets of an event may be offered; null: not at all.
ALTER TABLE event_copies ADD COLUMN resale_hours integer;
ALTER TABLE event_copies ADD CONSTRAINT event_copies_resale_hours_check CHECK (resale_hours >= 0) NOT VALID;
-- Since when its owner offers a ticket; null when they do not.
ALTER TABLE tickets ADD COLUMN offered_at timestamptz(3);
ALTER TABLE tickets ADD CONSTRAINT tickets_offered_check CHECK (offered_at IS NULL OR (status = 'VALID' AND NOT frozen)) NOT VALID;
-- How many of the places are those of offered tickets. More than there are such tickets only while somebody holds one whose owner has used theirs after all.
ALTER TABLE ticket_types ADD COLUMN resale integer NOT NULL DEFAULT 0;
ALTER TABLE ticket_types ADD CONSTRAINT ticket_types_resale_check CHECK (resale >= 0) NOT VALID;
-- Whether a seat that is not SOLD has a ticket that is offered.
ALTER TABLE seats ADD COLUMN resale boolean NOT NULL DEFAULT false;

-- Whose place was sold to somebody else: their ticket ends with a refund of that id, which booking makes once it is told. In the caller's transaction.
CREATE FUNCTION tell_of_resold(sold tickets) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE allowances SET taken = taken - 1, emptied_at = CASE WHEN taken = 1 THEN now() END
    WHERE user_id = sold.owner_id AND ticket_type_id = sold.ticket_type_id;
  INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
  SELECT uuidv7(), consumer, 'ticket.resold', sold.id, jsonb_build_object('ticketId', sold.id, 'bookingId', sold.booking_id,
    'ordinal', sold.ordinal, 'refundId', sold.refund_id, 'eventId', sold.event_id, 'ownerId', sold.owner_id)
  FROM unnest(ARRAY['booking', 'user']) AS consumer;
END $$;

-- A ticket that is used, ends, is frozen or handed on is offered no more.
CREATE FUNCTION withdraw_offered_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.offered_at := NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER tickets_withdraw_offered BEFORE UPDATE ON tickets FOR EACH ROW
  WHEN (OLD.offered_at IS NOT NULL AND NEW.offered_at IS NOT NULL
    AND (NEW.status <> 'VALID' OR NEW.frozen OR NEW.owner_id <> OLD.owner_id))
  EXECUTE FUNCTION withdraw_offered_ticket();

-- What is offered no more, though it admits, is no longer on sale a second time: at the end of the transaction, unless somebody holds it just then.
CREATE FUNCTION follow_withdrawn_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  seat uuid;
BEGIN
  UPDATE ticket_types SET version = version + 1 WHERE id = NEW.ticket_type_id AND resale > 0;
  IF NEW.seat_id IS NULL OR NEW.status NOT IN ('VALID', 'USED') THEN
    RETURN NULL;
  END IF;
  SELECT s.id INTO seat FROM seats s WHERE s.id = NEW.seat_id AND s.resale AND s.status = 'AVAILABLE' FOR NO KEY UPDATE SKIP LOCKED;
  IF FOUND THEN
    WITH map AS (UPDATE seat_maps SET revision = revision + 1 WHERE event_id = NEW.event_id RETURNING revision)
    UPDATE seats SET status = 'SOLD', resale = false, version = version + 1, revision = map.revision FROM map WHERE id = seat;
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER tickets_follow_withdrawn AFTER UPDATE ON tickets DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.offered_at IS NOT NULL AND NEW.offered_at IS NULL) EXECUTE FUNCTION follow_withdrawn_ticket();

-- A seat whose ticket is offered: sold to somebody else, that ticket ends; given back by who held it, it is on sale again only if that is still
-- offered. It is neither blocked nor sold as something else meanwhile.
CREATE FUNCTION resell_seat() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ended tickets;
BEGIN
  IF NEW.status = 'SOLD' THEN
    UPDATE tickets SET status = 'REFUNDED', refund_id = uuidv7(), offered_at = NULL
      WHERE seat_id = NEW.id AND status = 'VALID' AND offered_at IS NOT NULL RETURNING * INTO ended;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the ticket of seat % is offered no more: constraint "tickets_resale_backed"', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_resale_backed';
    END IF;
    PERFORM tell_of_resold(ended);
    NEW.resale := false;
  ELSIF NEW.status = 'AVAILABLE' AND OLD.status = 'HELD' THEN
    IF NOT EXISTS (SELECT FROM tickets WHERE seat_id = NEW.id AND status = 'VALID' AND offered_at IS NOT NULL) THEN
      NEW.status := 'SOLD';
      NEW.resale := false;
    END IF;
  ELSIF NEW.status = 'BLOCKED' OR NEW.ticket_type_id <> OLD.ticket_type_id THEN
    RETURN NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER seats_resell BEFORE UPDATE ON seats FOR EACH ROW WHEN (OLD.resale AND NEW.resale) EXECUTE FUNCTION resell_seat();

-- Makes a ticket type's counters say what has become of offered tickets. General admission: whatever is sold beyond the places of its own is
-- that of the tickets that are offered longest, so these end. Then what is on sale a second time without a ticket that is offered is taken back,
-- as far as nobody holds it.
CREATE FUNCTION settle_resale() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  type record;
  offered integer;
  gone integer := 0;
  lost integer;
  ended tickets;
  done integer := 0;
BEGIN
  SELECT y.id, y.seated, y.quota, y.sold, y.available, y.resale INTO type FROM ticket_types y
    WHERE y.id = NEW.id AND y.resale > 0 FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF type.seated THEN
    lost := type.available - (SELECT count(*) FROM seats s WHERE s.ticket_type_id = type.id AND s.status = 'AVAILABLE');
    gone := type.resale - lost - (SELECT count(*) FROM seats s WHERE s.ticket_type_id = type.id AND s.resale);
  ELSE
    SELECT count(*) INTO offered FROM tickets t WHERE t.ticket_type_id = type.id AND t.offered_at IS NOT NULL;
    gone := greatest(0, type.sold - (type.quota - type.resale));
    FOR ended IN
      UPDATE tickets SET status = 'REFUNDED', refund_id = uuidv7(), offered_at = NULL WHERE id IN (
        SELECT t.id FROM tickets t WHERE t.ticket_type_id = type.id AND t.offered_at IS NOT NULL
        ORDER BY t.offered_at, t.id LIMIT gone FOR NO KEY UPDATE SKIP LOCKED)
      RETURNING *
    LOOP
      done := done + 1;
      PERFORM tell_of_resold(ended);
    END LOOP;
    IF done < gone AND offered >= gone THEN
      RAISE EXCEPTION 'an offered ticket is changed at this moment' USING ERRCODE = 'serialization_failure';
    ELSIF done < gone THEN
      RAISE EXCEPTION 'nobody offers a ticket of type % any more: constraint "tickets_resale_backed"', type.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_resale_backed';
    END IF;
    lost := least(type.available, type.resale - gone - (offered - done));
  END IF;
  IF gone <> 0 OR lost <> 0 THEN
    UPDATE ticket_types SET sold = sold - gone, available = available - lost, quota = quota - gone - lost, resale = resale - gone - lost,
      version = version + 1 WHERE id = type.id;
  END IF;
  RETURN NULL;
END $$;
-- By its name before what is available is offered to those who wait.
CREATE CONSTRAINT TRIGGER ticket_types_end_resale AFTER UPDATE ON ticket_types DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.resale > 0) EXECUTE FUNCTION settle_resale();
