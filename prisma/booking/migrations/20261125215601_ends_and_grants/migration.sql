-- What paying for an event's bookings needs to know of it, as the event subgraph tells: nothing is paid past its end, or once
-- it is off, however long a hold would still last. An event that was never heard of has the end that its bookings came with.
CREATE TABLE event_copies (
  event_id uuid NOT NULL,
  organizer_id uuid NOT NULL,
  status text NOT NULL,
  -- When the event ends, or when it was heard that it is off.
  payable_until timestamptz(3) NOT NULL,
  -- The newest of its changes that was heard of.
  version integer NOT NULL,
  CONSTRAINT event_copies_pkey PRIMARY KEY (event_id)
);
CREATE INDEX event_copies_payable_until_idx ON event_copies (payable_until);

-- The sign-up grant is given once to each person, however often they sign up: whoever comes second meets the primary key.
CREATE TABLE signup_grants (
  person text NOT NULL,
  user_id uuid NOT NULL,
  CONSTRAINT signup_grants_pkey PRIMARY KEY (person)
);
CREATE UNIQUE INDEX signup_grants_user_id_key ON signup_grants (user_id);

-- An organizer's list of an event's bookings, the newest first.
DROP INDEX bookings_event;
CREATE INDEX bookings_event ON bookings (event_id, id DESC);
