-- Events, what they are about, where they are held, and who holds which room when.

CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

CREATE TYPE event_status AS ENUM ('DRAFT', 'PENDING', 'APPROVED', 'REJECTED', 'CANCELLED');

CREATE TYPE room_booking_kind AS ENUM ('EVENT', 'BLOCK');

CREATE TYPE room_booking_stage AS ENUM ('CURRENT', 'PENDING');

CREATE TABLE categories (
  id uuid NOT NULL,
  name text NOT NULL,
  description text,
  slug text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT categories_pkey PRIMARY KEY (id)
);

CREATE TABLE locations (
  id uuid NOT NULL,
  name text NOT NULL,
  city text NOT NULL,
  country text NOT NULL,
  latitude double precision,
  longitude double precision,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT locations_pkey PRIMARY KEY (id)
);

CREATE TABLE venues (
  id uuid NOT NULL,
  owner_id uuid,
  name text NOT NULL,
  city text NOT NULL,
  address text NOT NULL,
  location_id uuid,
  latitude double precision,
  longitude double precision,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT venues_pkey PRIMARY KEY (id)
);

CREATE TABLE rooms (
  id uuid NOT NULL,
  venue_id uuid NOT NULL,
  name text NOT NULL,
  capacity integer NOT NULL,
  seat_layout jsonb,
  seat_count integer NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT rooms_pkey PRIMARY KEY (id)
);

CREATE TABLE event_series (
  id uuid NOT NULL,
  organizer_id uuid NOT NULL,
  title text NOT NULL,
  description text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT event_series_pkey PRIMARY KEY (id)
);

CREATE TABLE events (
  id uuid NOT NULL,
  slug text NOT NULL,
  title text NOT NULL,
  description text NOT NULL,
  status event_status NOT NULL,
  message text,
  organizer_id uuid NOT NULL,
  category_id uuid NOT NULL,
  series_id uuid,
  venue_id uuid,
  room_id uuid,
  location_id uuid,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  timezone text NOT NULL,
  online boolean NOT NULL,
  currency text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  approved_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT events_pkey PRIMARY KEY (id)
);

CREATE TABLE event_pending_changes (
  event_id uuid NOT NULL,
  venue_id uuid,
  room_id uuid,
  location_id uuid,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  timezone text NOT NULL,
  online boolean NOT NULL,
  submitted_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT event_pending_changes_pkey PRIMARY KEY (event_id)
);

CREATE TABLE room_bookings (
  id uuid NOT NULL,
  room_id uuid NOT NULL,
  kind room_booking_kind NOT NULL,
  holder_id uuid NOT NULL,
  event_id uuid,
  stage room_booking_stage NOT NULL DEFAULT 'CURRENT',
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  reason text,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT room_bookings_pkey PRIMARY KEY (id)
);

CREATE TABLE event_views (
  event_id uuid NOT NULL,
  day date NOT NULL,
  views integer NOT NULL,

  CONSTRAINT event_views_pkey PRIMARY KEY (event_id,day)
);

CREATE UNIQUE INDEX categories_slug_key ON categories(slug);
CREATE INDEX venues_name_id_idx ON venues(name, id);
CREATE INDEX venues_owner_id_idx ON venues(owner_id);
CREATE INDEX venues_location_id_idx ON venues(location_id);
CREATE UNIQUE INDEX rooms_venue_id_name_key ON rooms(venue_id, name);
CREATE UNIQUE INDEX rooms_id_venue_id_key ON rooms(id, venue_id);
CREATE UNIQUE INDEX event_series_id_organizer_id_key ON event_series(id, organizer_id);
CREATE UNIQUE INDEX events_slug_key ON events(slug);
CREATE INDEX events_starts_at_id_idx ON events(starts_at, id);
CREATE INDEX events_organizer_id_starts_at_id_idx ON events(organizer_id, starts_at, id);
CREATE INDEX events_venue_id_starts_at_id_idx ON events(venue_id, starts_at, id);
CREATE INDEX events_category_id_starts_at_id_idx ON events(category_id, starts_at, id);
CREATE INDEX events_series_id_starts_at_id_idx ON events(series_id, starts_at, id);
CREATE INDEX events_location_id_idx ON events(location_id);
CREATE INDEX events_room_id_idx ON events(room_id);
CREATE INDEX event_pending_changes_venue_id_idx ON event_pending_changes(venue_id);
CREATE INDEX event_pending_changes_room_id_idx ON event_pending_changes(room_id);
CREATE INDEX event_pending_changes_location_id_idx ON event_pending_changes(location_id);
CREATE UNIQUE INDEX room_bookings_event_id_stage_key ON room_bookings(event_id, stage);

-- What is in use cannot be deleted (a refusal here becomes CONFLICT). The pairs (room, venue) and (series, organizer) also
-- hold: an event's room is a room of its venue, an event's series is one of its own organizer.
ALTER TABLE venues
  ADD CONSTRAINT venues_location_id_fkey
  FOREIGN KEY (location_id) REFERENCES locations(id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE rooms
  ADD CONSTRAINT rooms_venue_id_fkey
  FOREIGN KEY (venue_id) REFERENCES venues(id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE events
  ADD CONSTRAINT events_category_id_fkey
  FOREIGN KEY (category_id) REFERENCES categories(id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE events
  ADD CONSTRAINT events_series_id_organizer_id_fkey
  FOREIGN KEY (series_id, organizer_id) REFERENCES event_series(id, organizer_id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE events
  ADD CONSTRAINT events_venue_id_fkey
  FOREIGN KEY (venue_id) REFERENCES venues(id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE events
  ADD CONSTRAINT events_room_id_venue_id_fkey
  FOREIGN KEY (room_id, venue_id) REFERENCES rooms(id, venue_id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE events
  ADD CONSTRAINT events_location_id_fkey
  FOREIGN KEY (location_id) REFERENCES locations(id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE event_pending_changes
  ADD CONSTRAINT event_pending_changes_event_id_fkey
  FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE event_pending_changes
  ADD CONSTRAINT event_pending_changes_venue_id_fkey
  FOREIGN KEY (venue_id) REFERENCES venues(id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE event_pending_changes
  ADD CONSTRAINT event_pending_changes_room_id_venue_id_fkey
  FOREIGN KEY (room_id, venue_id) REFERENCES rooms(id, venue_id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE event_pending_changes
  ADD CONSTRAINT event_pending_changes_location_id_fkey
  FOREIGN KEY (location_id) REFERENCES locations(id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE room_bookings
  ADD CONSTRAINT room_bookings_room_id_fkey
  FOREIGN KEY (room_id) REFERENCES rooms(id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE room_bookings
  ADD CONSTRAINT room_bookings_event_id_fkey
  FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE event_views
  ADD CONSTRAINT event_views_event_id_fkey
  FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE ON UPDATE CASCADE;

-- A room is used by one holder at a time. Two entries of one event may overlap each other: what is in force, and the
-- change that waits for review. Refusals become ROOM_NOT_AVAILABLE.
ALTER TABLE room_bookings ADD CONSTRAINT room_bookings_no_overlap
  EXCLUDE USING gist (room_id WITH =, tstzrange(starts_at, ends_at) WITH &&, holder_id WITH <>);

-- An event's entry names its event as holder; a block holds for itself and is always in force.
ALTER TABLE room_bookings ADD CONSTRAINT room_bookings_holder CHECK (
  CASE kind
    WHEN 'EVENT' THEN event_id IS NOT NULL AND holder_id = event_id AND reason IS NULL
    ELSE event_id IS NULL AND holder_id = id AND stage = 'CURRENT' AND reason IS NOT NULL
  END
);

-- Times run forward.
ALTER TABLE room_bookings ADD CONSTRAINT room_bookings_time CHECK (ends_at > starts_at);
ALTER TABLE events ADD CONSTRAINT events_time CHECK (ends_at > starts_at);
ALTER TABLE event_pending_changes ADD CONSTRAINT event_pending_changes_time CHECK (ends_at > starts_at);

-- An event is somewhere: online, at a venue or at a location; a room is never without its venue.
ALTER TABLE events ADD CONSTRAINT events_place CHECK (
  (online OR venue_id IS NOT NULL OR location_id IS NOT NULL) AND (room_id IS NULL OR venue_id IS NOT NULL)
);
ALTER TABLE event_pending_changes ADD CONSTRAINT event_pending_changes_place CHECK (
  (online OR venue_id IS NOT NULL OR location_id IS NOT NULL) AND (room_id IS NULL OR venue_id IS NOT NULL)
);

-- What was approved once is remembered as such: only events that never were may be deleted.
ALTER TABLE events ADD CONSTRAINT events_approved CHECK (status <> 'APPROVED' OR approved_at IS NOT NULL);
ALTER TABLE events ADD CONSTRAINT events_currency CHECK (currency ~ '^[A-Z]{3}$');

-- A room has places for all its seats, and seats exactly when it has a layout.
ALTER TABLE rooms ADD CONSTRAINT rooms_capacity_holds_seats CHECK (capacity >= seat_count);
ALTER TABLE rooms ADD CONSTRAINT rooms_capacity CHECK (capacity BETWEEN 1 AND 200000);
ALTER TABLE rooms ADD CONSTRAINT rooms_seats CHECK ((seat_layout IS NULL) = (seat_count = 0));

-- Coordinates come in pairs and lie on the globe.
ALTER TABLE locations ADD CONSTRAINT locations_coordinates CHECK (
  (latitude IS NULL) = (longitude IS NULL) AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180
);
ALTER TABLE venues ADD CONSTRAINT venues_coordinates CHECK (
  (latitude IS NULL) = (longitude IS NULL) AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180
);

ALTER TABLE event_views ADD CONSTRAINT event_views_counted CHECK (views > 0);

-- Other subgraphs take a copy of an event when its version is newer: every change raises it by exactly one.
CREATE FUNCTION events_raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.version <> OLD.version + 1 THEN
    RAISE EXCEPTION 'an event changes from version % to %, not %', OLD.version, OLD.version + 1, NEW.version
      USING ERRCODE = 'check_violation', CONSTRAINT = 'events_version_rises';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER events_version_rises BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION events_raise_version();

-- Text as search compares it. unaccent() alone is not IMMUTABLE, because its dictionary could be changed; ours is not.
CREATE FUNCTION searchable(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, $1)) $$;

CREATE INDEX events_search ON events USING gin (searchable(title || ' ' || description) gin_trgm_ops);
CREATE INDEX venues_search ON venues USING gin (searchable(name || ' ' || city) gin_trgm_ops);
CREATE INDEX locations_search ON locations USING gin (searchable(name || ' ' || city) gin_trgm_ops);
CREATE INDEX venues_city ON venues (searchable(city));
CREATE INDEX locations_city ON locations (searchable(city));

-- The review queue and the popular events each read a slice.
CREATE INDEX events_waiting ON events (starts_at, id) WHERE status = 'PENDING';
CREATE INDEX event_views_by_day ON event_views (day);
