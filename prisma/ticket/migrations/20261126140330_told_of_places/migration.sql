-- Whose offer of a waitlist has passed is told so, whatever has ended it.
CREATE FUNCTION tell_of_expired_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
  VALUES (uuidv7(), 'user', 'ticket.waitlist-expired', NEW.id, jsonb_build_object('entryId', NEW.id, 'userId', NEW.user_id,
    'eventId', NEW.event_id, 'ticketTypeId', NEW.ticket_type_id));
  RETURN NULL;
END $$;
CREATE TRIGGER waitlist_entries_told AFTER UPDATE ON waitlist_entries FOR EACH ROW
  WHEN (OLD.status = 'OFFERED' AND NEW.status = 'EXPIRED') EXECUTE FUNCTION tell_of_expired_offer();

-- Events of which it was told that few tickets are left: once each.
CREATE TABLE almost_sold_out (
  event_id uuid NOT NULL,
  told_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT almost_sold_out_pkey PRIMARY KEY (event_id)
);
