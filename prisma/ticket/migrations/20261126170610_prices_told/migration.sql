-- What the tickets of an event cost that buyers see, from the cheapest to the dearest type; null for none. Hidden ones are those that are
-- not shown to everybody just now, as ticket-type-store.ts says it.
CREATE FUNCTION price_range(event uuid, OUT price_from bigint, OUT price_to bigint, OUT currency text) LANGUAGE sql STABLE AS $$
  SELECT min(t.price), max(t.price), min(t.currency) FROM ticket_types t
  WHERE t.event_id = event AND NOT t.hidden AND (t.hidden_until_sold_out IS NULL OR t.revealed_at IS NOT NULL OR coalesce(
    (SELECT o.sale_ends_at <= now() FROM ticket_types o WHERE o.id = t.hidden_until_sold_out), false))
$$;

-- Events are found by price, so the event subgraph is told of each change. Changes of one event come one after the other, so that the last
-- one told is the last one made. A sale moves counters only, for which this is not called.
CREATE FUNCTION ticket_types_tell_prices() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  event uuid := coalesce(NEW.event_id, OLD.event_id);
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('prices:' || event, 0));
  INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
  SELECT uuidv7(), 'event', 'ticket.prices-changed', event, jsonb_build_object('eventId', event, 'currency', currency,
    'priceFrom', price_from, 'priceTo', price_to) FROM price_range(event);
  RETURN NULL;
END $$;
CREATE TRIGGER ticket_types_tell_first_price AFTER INSERT OR DELETE ON ticket_types FOR EACH ROW
  EXECUTE FUNCTION ticket_types_tell_prices();
CREATE TRIGGER ticket_types_tell_price AFTER UPDATE ON ticket_types FOR EACH ROW
  WHEN (NEW.price <> OLD.price OR NEW.hidden <> OLD.hidden OR NEW.hidden_until_sold_out IS DISTINCT FROM OLD.hidden_until_sold_out
    OR NEW.revealed_at IS DISTINCT FROM OLD.revealed_at)
  EXECUTE FUNCTION ticket_types_tell_prices();
