-- Carts: what somebody means to book, of several events, with places reserved by holds of the ticket subgraph.

CREATE TABLE carts (
  user_id uuid NOT NULL CONSTRAINT carts_pkey PRIMARY KEY,
  -- The checkout that is under way, with the bookings it is to make and the holds of each: whoever goes on with it, from whichever device, makes the same ones.
  plan jsonb CHECK (jsonb_typeof(plan) = 'object'),
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX carts_updated_at_idx ON carts (updated_at);

CREATE TABLE cart_items (
  id uuid NOT NULL CONSTRAINT cart_items_pkey PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT cart_items_user_id_fkey REFERENCES carts ON DELETE CASCADE,
  -- So many of one type, or chosen seats.
  ticket_type_id uuid,
  quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 10),
  seat_ids uuid[] DEFAULT ARRAY[]::uuid[] CONSTRAINT cart_items_seats_given CHECK (seat_ids IS NOT NULL),
  -- What the buyer gives for each of a DONATION.
  unit_price bigint CHECK (unit_price BETWEEN 0 AND 9007199254740991),
  -- The hold that keeps its places, or has kept them. Written before ticket is asked for it, so that it is asked for once.
  hold_id uuid NOT NULL CONSTRAINT cart_items_hold_id_key UNIQUE,
  -- What was reserved last; null until it has been once.
  event_id uuid,
  organizer_id uuid,
  currency text CHECK (currency ~ '^[A-Z]{3}$'),
  places jsonb CHECK (jsonb_typeof(places) = 'array'),
  reserved_until timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT cart_items_either_check CHECK ((ticket_type_id IS NULL) = (cardinality(seat_ids) > 0)),
  CONSTRAINT cart_items_seats_check CHECK (ticket_type_id IS NOT NULL OR cardinality(seat_ids) = quantity),
  CONSTRAINT cart_items_reserved_check CHECK (num_nulls(event_id, organizer_id, currency, places, reserved_until) IN (0, 5))
);
CREATE INDEX cart_items_user_id_id_idx ON cart_items (user_id, id);
-- Of one type there is one line, however many tabs add it at once.
CREATE UNIQUE INDEX cart_items_one_per_type ON cart_items (user_id, ticket_type_id) WHERE ticket_type_id IS NOT NULL;

CREATE TABLE cart_promos (
  user_id uuid NOT NULL CONSTRAINT cart_promos_user_id_fkey REFERENCES carts ON DELETE CASCADE,
  -- Trimmed, in upper case.
  code text NOT NULL CHECK (code <> ''),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT cart_promos_pkey PRIMARY KEY (user_id, code)
);
