-- Points on the globe as points in space: what is within so far, and what is nearest, by one index and without a special case at
-- the poles or the date line.
CREATE EXTENSION IF NOT EXISTS cube;

CREATE FUNCTION place_position(latitude double precision, longitude double precision) RETURNS double precision[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  AS $$ SELECT ARRAY[cos(radians($1)) * cos(radians($2)), cos(radians($1)) * sin(radians($2)), sin(radians($1))] $$;

-- What lists find and sort events by, besides columns of the events themselves: where they are, and what others tell of them.
-- A row of its own, because prices and popularity come and go without a change of the event, which would raise its version.
CREATE TABLE event_listings (
  event_id uuid NOT NULL,
  starts_at timestamptz(3) NOT NULL,
  title_key text NOT NULL,
  -- Of the venue, else of the location; empty for an event without either.
  city_key text NOT NULL,
  -- Of the venue, else of the event's location, else of the venue's.
  position double precision[],
  currency text NOT NULL,
  -- What the cheapest and the dearest ticket type cost that buyers see, in the smallest unit; null while none is known.
  price_from bigint,
  price_to bigint,
  -- See popularity_after; 0 for what nobody has looked at.
  popularity double precision NOT NULL DEFAULT 0,

  CONSTRAINT event_listings_pkey PRIMARY KEY (event_id),
  CONSTRAINT event_listings_price_range CHECK ((price_from IS NULL) = (price_to IS NULL) AND price_from <= price_to AND price_from >= 0),
  CONSTRAINT event_listings_position CHECK (cardinality(position) = 3)
);
ALTER TABLE event_listings
  ADD CONSTRAINT event_listings_event_id_fkey
  FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE ON UPDATE CASCADE;

-- Each order in which a list can be, and the filters by price and place. What has no price comes last, both ways.
CREATE INDEX event_listings_by_title ON event_listings (title_key, event_id);
CREATE INDEX event_listings_by_city ON event_listings (city_key, starts_at, event_id);
CREATE INDEX event_listings_by_lowest_price ON event_listings (currency, (coalesce(price_from, 999999999999999999)), event_id);
CREATE INDEX event_listings_by_highest_price ON event_listings (currency, (coalesce(price_to, -1)), event_id);
CREATE INDEX event_listings_by_popularity ON event_listings (popularity, starts_at, event_id);
CREATE INDEX event_listings_by_position ON event_listings USING gist (cube(position));

-- Popularity halves every seven days. It is kept as the binary logarithm of what it would be at a fixed moment long ago, so it need
-- not be touched to decay, and an order by it changes only where something happens.
CREATE FUNCTION popularity_after(popularity double precision, weight double precision, at timestamptz) RETURNS double precision
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT greatest($1, added) + ln(1 + power(2::float8, -least(abs($1 - added), 1000))) / ln(2::float8)
  FROM (SELECT extract(epoch FROM $3 - '2020-01-01T00:00:00Z'::timestamptz)::float8 / 604800 + ln($2) / ln(2::float8) AS added) a
$$;

CREATE FUNCTION write_event_listings(ids uuid[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO event_listings (event_id, starts_at, title_key, city_key, position, currency)
  SELECT e.id, e.starts_at, searchable(e.title), coalesce(searchable(coalesce(v.city, l.city)), ''),
    coalesce(place_position(v.latitude, v.longitude), place_position(l.latitude, l.longitude), place_position(vl.latitude, vl.longitude)),
    e.currency
  FROM events e
  LEFT JOIN venues v ON v.id = e.venue_id
  LEFT JOIN locations l ON l.id = e.location_id
  LEFT JOIN locations vl ON vl.id = v.location_id
  WHERE e.id = ANY(ids) ORDER BY e.id
  ON CONFLICT (event_id) DO UPDATE SET starts_at = excluded.starts_at, title_key = excluded.title_key, city_key = excluded.city_key,
    position = excluded.position, currency = excluded.currency
$$;

-- Places are locked against a change, as events_write_text does: whoever changes them sees this event, or is seen.
CREATE FUNCTION events_write_listing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM venues v WHERE v.id = NEW.venue_id FOR SHARE;
  PERFORM 1 FROM locations l WHERE l.id = NEW.location_id OR l.id = (SELECT v.location_id FROM venues v WHERE v.id = NEW.venue_id)
    ORDER BY l.id FOR SHARE;
  PERFORM write_event_listings(ARRAY[NEW.id]);
  RETURN NULL;
END $$;
CREATE TRIGGER events_write_listing AFTER UPDATE OF title, starts_at, venue_id, location_id, currency ON events
  FOR EACH ROW EXECUTE FUNCTION events_write_listing();

-- The same for all that one statement adds.
CREATE FUNCTION events_write_listings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM venues v WHERE v.id IN (SELECT venue_id FROM added) ORDER BY v.id FOR SHARE;
  PERFORM 1 FROM locations l WHERE l.id IN (SELECT location_id FROM added
    UNION SELECT v.location_id FROM added JOIN venues v ON v.id = added.venue_id) ORDER BY l.id FOR SHARE;
  PERFORM write_event_listings(ARRAY(SELECT id FROM added));
  RETURN NULL;
END $$;
CREATE TRIGGER events_write_listings AFTER INSERT ON events REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION events_write_listings();

CREATE FUNCTION places_rewrite_listings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'venues' THEN
    PERFORM write_event_listings(ARRAY(SELECT id FROM events WHERE venue_id = NEW.id));
  ELSE
    PERFORM write_event_listings(ARRAY(SELECT id FROM events WHERE location_id = NEW.id
      UNION SELECT e.id FROM events e JOIN venues v ON v.id = e.venue_id WHERE v.location_id = NEW.id));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER venues_rewrite_listings AFTER UPDATE OF city, latitude, longitude, location_id ON venues FOR EACH ROW
  WHEN ((NEW.city, NEW.latitude, NEW.longitude, NEW.location_id) IS DISTINCT FROM (OLD.city, OLD.latitude, OLD.longitude, OLD.location_id))
  EXECUTE FUNCTION places_rewrite_listings();
CREATE TRIGGER locations_rewrite_listings AFTER UPDATE OF city, latitude, longitude ON locations FOR EACH ROW
  WHEN ((NEW.city, NEW.latitude, NEW.longitude) IS DISTINCT FROM (OLD.city, OLD.latitude, OLD.longitude))
  EXECUTE FUNCTION places_rewrite_listings();

-- What is still to be written of events from before, by a job, in the order of their ids: how far it has come. Gone once it is done.
CREATE TABLE event_fills (
  what text NOT NULL,
  after uuid NOT NULL,

  CONSTRAINT event_fills_pkey PRIMARY KEY (what)
);
INSERT INTO event_fills (what, after)
SELECT what, '00000000-0000-0000-0000-000000000000' FROM (VALUES ('listings'), ('prices')) AS fill(what) WHERE EXISTS (SELECT FROM events);
