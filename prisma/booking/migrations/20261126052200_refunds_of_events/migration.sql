-- An event that was called off, all of whose bookings are being refunded: how far that has got, so that it goes on where it was broken off.
CREATE TABLE event_refunds (
  event_id uuid NOT NULL,
  -- In words for the buyers.
  reason text NOT NULL,
  status text NOT NULL DEFAULT 'RUNNING' CHECK (status IN ('RUNNING', 'DONE')),
  -- The last booking that this pass has come to, in the order of their ids; null at the beginning of one.
  last_id uuid,
  refunded integer NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT event_refunds_pkey PRIMARY KEY (event_id)
);
CREATE INDEX event_refunds_running ON event_refunds (updated_at) WHERE status = 'RUNNING';
