-- The ticket subgraph: stock, seat maps, holds, issued tickets.
-- Locks are taken in one order everywhere: hold, seats (by id), allowances (by user, type), ticket types (by id), seat map.

CREATE TABLE event_copies (
  id uuid PRIMARY KEY,
  organizer_id uuid NOT NULL,
  title text NOT NULL,
  status text NOT NULL,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  currency text NOT NULL,
  timezone text NOT NULL,
  room_id uuid,
  version integer NOT NULL,
  stock_base integer NOT NULL DEFAULT 0
);

CREATE TABLE ticket_types (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL REFERENCES event_copies (id),
  name text NOT NULL,
  kind text NOT NULL,
  price bigint NOT NULL,
  currency text NOT NULL,
  section text,
  seated boolean NOT NULL DEFAULT false,
  quota integer NOT NULL,
  sold integer NOT NULL DEFAULT 0,
  held integer NOT NULL DEFAULT 0,
  available integer NOT NULL,
  version integer NOT NULL DEFAULT 1,
  max_per_user integer,
  sale_starts_at timestamptz(3),
  sale_ends_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- Invariant 2: every place is in exactly one of three states, and none is given away twice.
  CONSTRAINT ticket_types_stock_adds_up CHECK (sold + held + available = quota),
  CONSTRAINT ticket_types_stock_not_negative CHECK (sold >= 0 AND held >= 0 AND available >= 0),
  -- FREE costs nothing, PAID something, DONATION at least its price.
  CONSTRAINT ticket_types_price_fits_kind CHECK (
    (kind = 'FREE' AND price = 0) OR (kind = 'PAID' AND price > 0) OR (kind = 'DONATION' AND price >= 0)),
  CONSTRAINT ticket_types_sale_window CHECK (sale_ends_at > sale_starts_at),
  CONSTRAINT ticket_types_max_per_user CHECK (max_per_user > 0)
);
CREATE INDEX ticket_types_event ON ticket_types (event_id, id);

CREATE TABLE seat_maps (
  -- One seat map per event.
  event_id uuid PRIMARY KEY REFERENCES event_copies (id),
  revision integer NOT NULL DEFAULT 1,
  focal_x integer,
  focal_y integer,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE sections (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL REFERENCES seat_maps (event_id),
  ticket_type_id uuid NOT NULL REFERENCES ticket_types (id),
  name text NOT NULL,
  ordinal integer NOT NULL,
  -- Two sections of one name would make seat labels ambiguous.
  CONSTRAINT sections_name_once UNIQUE (event_id, name)
);

CREATE TABLE holds (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  event_id uuid NOT NULL,
  status text NOT NULL DEFAULT 'ACTIVE',
  expires_at timestamptz(3) NOT NULL,
  booking_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  closed_at timestamptz(3),
  CONSTRAINT holds_status CHECK (status IN ('ACTIVE', 'CONVERTED', 'RELEASED', 'EXPIRED')),
  CONSTRAINT holds_closed CHECK ((status = 'ACTIVE') = (closed_at IS NULL)),
  -- Only a booking turns a hold into tickets.
  CONSTRAINT holds_converted_by_booking CHECK (status <> 'CONVERTED' OR booking_id IS NOT NULL),
  -- A booking binds one hold: a repeated createBooking takes nothing twice.
  CONSTRAINT holds_booking_once UNIQUE (booking_id)
);
-- What is past its time, of all events (sweep) and of one (reads, next takers).
CREATE INDEX holds_lapsing ON holds (expires_at) WHERE status = 'ACTIVE';
CREATE INDEX holds_lapsing_by_event ON holds (event_id, expires_at) WHERE status = 'ACTIVE';
CREATE INDEX holds_user ON holds (user_id, id);

CREATE TABLE seats (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  section_id uuid NOT NULL REFERENCES sections (id),
  ticket_type_id uuid NOT NULL REFERENCES ticket_types (id),
  row_label text NOT NULL,
  row_index integer NOT NULL,
  number integer NOT NULL,
  position integer NOT NULL,
  x integer NOT NULL,
  y integer NOT NULL,
  accessible boolean NOT NULL DEFAULT false,
  status text NOT NULL DEFAULT 'AVAILABLE',
  held_until timestamptz(3),
  -- Deferred: the hold is written after its seats are won.
  hold_id uuid REFERENCES holds (id) DEFERRABLE INITIALLY DEFERRED,
  version integer NOT NULL DEFAULT 1,
  revision integer NOT NULL DEFAULT 1,
  CONSTRAINT seats_status CHECK (status IN ('AVAILABLE', 'HELD', 'SOLD', 'BLOCKED')),
  -- Invariant 1: a seat is held by exactly one hold until an instant, or by none.
  CONSTRAINT seats_held_by_one CHECK (
    (status = 'HELD' AND hold_id IS NOT NULL AND held_until IS NOT NULL)
    OR (status <> 'HELD' AND hold_id IS NULL AND held_until IS NULL)),
  -- Neighbours in a row are told by position alone.
  CONSTRAINT seats_place_once UNIQUE (section_id, row_index, position)
);
-- A watcher reads what changed since its revision; the whole map is the same index from 0.
CREATE INDEX seats_changed ON seats (event_id, revision);
CREATE INDEX seats_type ON seats (ticket_type_id);
CREATE INDEX seats_hold ON seats (hold_id) WHERE hold_id IS NOT NULL;

CREATE TABLE hold_items (
  id uuid PRIMARY KEY,
  hold_id uuid NOT NULL REFERENCES holds (id),
  ticket_type_id uuid NOT NULL REFERENCES ticket_types (id) ON DELETE CASCADE,
  seat_id uuid REFERENCES seats (id),
  quantity integer NOT NULL,
  unit_price bigint NOT NULL,
  CONSTRAINT hold_items_quantity CHECK (quantity > 0 AND (seat_id IS NULL OR quantity = 1)),
  CONSTRAINT hold_items_seat_once UNIQUE (hold_id, seat_id)
);
CREATE INDEX hold_items_type ON hold_items (ticket_type_id);
CREATE INDEX hold_items_hold ON hold_items (hold_id);

CREATE TABLE allowances (
  user_id uuid NOT NULL,
  ticket_type_id uuid NOT NULL REFERENCES ticket_types (id) ON DELETE CASCADE,
  -- Guards maxPerUser: raised by a conditional upsert, given back when a hold or ticket ends.
  taken integer NOT NULL,
  CONSTRAINT allowances_not_negative CHECK (taken >= 0),
  PRIMARY KEY (user_id, ticket_type_id)
);

CREATE TABLE tickets (
  id uuid PRIMARY KEY,
  code text NOT NULL,
  event_id uuid NOT NULL REFERENCES event_copies (id),
  ticket_type_id uuid NOT NULL REFERENCES ticket_types (id),
  seat_id uuid REFERENCES seats (id),
  seat_label text,
  owner_id uuid NOT NULL,
  booking_id uuid NOT NULL,
  ordinal integer NOT NULL,
  status text NOT NULL DEFAULT 'VALID',
  checked_in_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT tickets_status CHECK (status IN ('VALID', 'USED', 'REFUNDED', 'CANCELLED', 'TRANSFERRED')),
  CONSTRAINT tickets_code_once UNIQUE (code),
  -- Issuing twice for one booking is refused here, whatever the code above does.
  CONSTRAINT tickets_once_per_place UNIQUE (booking_id, ordinal)
);
-- Invariant 1: at most one live ticket per seat.
CREATE UNIQUE INDEX tickets_one_live_per_seat ON tickets (seat_id) WHERE status IN ('VALID', 'USED');
CREATE INDEX tickets_owner ON tickets (owner_id, id);
CREATE INDEX tickets_event ON tickets (event_id, id);
CREATE INDEX tickets_type ON tickets (ticket_type_id);
