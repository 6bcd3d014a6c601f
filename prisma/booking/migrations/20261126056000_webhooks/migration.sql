-- Organizers' webhooks: where they want to be told of what happens to their events and bookings, and what they are told.

CREATE TABLE webhook_endpoints (
  id uuid NOT NULL CONSTRAINT webhook_endpoints_pkey PRIMARY KEY,
  organizer_id uuid NOT NULL,
  -- An organizer has as many as there are slots.
  slot integer NOT NULL CONSTRAINT webhook_endpoints_slot_check CHECK (slot BETWEEN 1 AND 10),
  url text,
  -- Types of what it is told of, such as booking.paid.
  events text[] CONSTRAINT webhook_endpoints_events_check CHECK (events IS NOT NULL AND cardinality(events) > 0),
  description text,
  -- What signs, sealed.
  secret bytea,
  -- The one before it, which signs as well until then.
  old_secret bytea,
  old_secret_until timestamptz(3),
  enabled boolean NOT NULL DEFAULT true,
  disabled_reason text CHECK (disabled_reason IN ('BY_HAND', 'GONE', 'FAILING')),
  disabled_at timestamptz(3),
  -- Since when nothing that was sent to it was taken; null once something is.
  failing_since timestamptz(3),
  deleted_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT webhook_endpoints_disabled_check
    CHECK ((disabled_reason IS NULL) = enabled AND (disabled_at IS NULL) = enabled),
  CONSTRAINT webhook_endpoints_old_secret_check CHECK ((old_secret IS NULL) = (old_secret_until IS NULL)),
  -- Of one that is deleted nothing stays but that there was one.
  CONSTRAINT webhook_endpoints_deleted_is_empty CHECK (CASE WHEN deleted_at IS NULL THEN url IS NOT NULL AND secret IS NOT NULL
    ELSE url IS NULL AND description IS NULL AND secret IS NULL AND old_secret IS NULL END)
);
CREATE UNIQUE INDEX webhook_endpoints_one_per_slot ON webhook_endpoints (organizer_id, slot) WHERE deleted_at IS NULL;
CREATE INDEX webhook_endpoints_deleted ON webhook_endpoints (deleted_at) WHERE deleted_at IS NOT NULL;

-- What one endpoint is told of one thing that happened: written in the transaction in which it happens, so it is the outbox of webhooks.
CREATE TABLE webhook_deliveries (
  id uuid NOT NULL CONSTRAINT webhook_deliveries_pkey PRIMARY KEY,
  -- The order in which things happened to one aggregate: whoever writes one has locked that.
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  endpoint_id uuid NOT NULL CONSTRAINT webhook_deliveries_endpoint_id_fkey REFERENCES webhook_endpoints ON DELETE CASCADE,
  -- By which receivers know repeats: the same at all endpoints and at each attempt.
  event_id uuid NOT NULL,
  type text NOT NULL,
  -- The booking or the event that it is about.
  aggregate_id uuid NOT NULL,
  -- What is sent, byte for byte.
  body text NOT NULL,
  status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED')),
  attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  -- While an attempt is under way: when it is taken up by others, should its process have died.
  next_try_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- From then on it is not tried any more.
  expires_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP + interval '3 days',
  last_tried_at timestamptz(3),
  -- Of the last attempt that came to an end.
  response_status integer,
  response_body text,
  error text,
  duration_ms integer CHECK (duration_ms >= 0),
  delivered_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT webhook_deliveries_endpoint_id_event_id_key UNIQUE (endpoint_id, event_id)
);
-- What is due, endpoint by endpoint.
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_try_at) WHERE status = 'PENDING';
-- What has to go before another of the same aggregate.
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (endpoint_id, aggregate_id, seq) WHERE status = 'PENDING';
CREATE INDEX webhook_deliveries_expiring ON webhook_deliveries (expires_at) WHERE status = 'PENDING';
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (created_at) WHERE status <> 'PENDING';
-- Lists, newest first.
CREATE INDEX webhook_deliveries_endpoint_id_id_idx ON webhook_deliveries (endpoint_id, id DESC);
CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (endpoint_id, id DESC) WHERE status = 'FAILED';

-- UUIDv7 (RFC 9562): a random one whose first 48 bits are the time in milliseconds, and whose version says so.
CREATE FUNCTION new_webhook_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- Writes down what the endpoints of an organizer that want to hear of it are told. Also those that are off: it waits for them.
CREATE FUNCTION tell_webhooks(organizer uuid, kind text, subject uuid, facts jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  event uuid := new_webhook_id();
BEGIN
  INSERT INTO webhook_deliveries (id, endpoint_id, event_id, type, aggregate_id, body)
  SELECT new_webhook_id(), endpoint.id, event, kind, subject, jsonb_build_object('type', kind, 'data', facts,
      'timestamp', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text
  FROM webhook_endpoints endpoint
  WHERE endpoint.organizer_id = organizer AND endpoint.deleted_at IS NULL AND kind = ANY (endpoint.events);
END $$;

-- Whose event it is: another's than when it was booked, if the event was handed over.
CREATE FUNCTION organizer_now(event uuid, when_booked uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT organizer_id FROM event_copies WHERE event_copies.event_id = organizer_now.event), when_booked)
$$;

-- Whoever moves a booking, its organizer's endpoints are told: no use case can forget it. Ids and amounts, nothing about persons.
CREATE FUNCTION tell_webhooks_of_booking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kind text := CASE
    WHEN NEW.refunded_amount > OLD.refunded_amount THEN 'booking.refunded'
    WHEN NEW.status = OLD.status THEN NULL
    WHEN NEW.status = 'PAID' AND OLD.status IN ('PENDING', 'EXPIRED') THEN 'booking.paid'
    WHEN NEW.status = 'CANCELLED' THEN 'booking.cancelled'
    WHEN NEW.status = 'EXPIRED' THEN 'booking.expired'
    WHEN NEW.status = 'REFUNDED' THEN 'booking.refunded' END;
  facts jsonb;
BEGIN
  IF kind IS NOT NULL THEN
    facts := jsonb_build_object('bookingId', NEW.id, 'eventId', NEW.event_id, 'status', NEW.status, 'currency', NEW.currency,
      'subtotal', NEW.subtotal, 'discount', NEW.discount, 'surcharge', NEW.surcharge, 'platformFees', NEW.platform_fees, 'tax', NEW.tax,
      'totalPrice', NEW.total_price, 'refundedAmount', NEW.refunded_amount);
    IF kind = 'booking.refunded' THEN
      facts := facts || jsonb_build_object('amount', NEW.refunded_amount - OLD.refunded_amount);
    END IF;
    PERFORM tell_webhooks(organizer_now(NEW.event_id, NEW.organizer_id), kind, NEW.id, facts);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER bookings_tell_webhooks AFTER UPDATE OF status, refunded_amount ON bookings FOR EACH ROW
  WHEN (OLD.status <> NEW.status OR OLD.refunded_amount <> NEW.refunded_amount) EXECUTE FUNCTION tell_webhooks_of_booking();

-- Tickets of one booking are issued in one statement, and told of together.
CREATE FUNCTION tell_webhooks_of_tickets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_webhooks(organizer_now(booking.event_id, booking.organizer_id), 'ticket.issued', booking.id,
      jsonb_build_object('bookingId', booking.id, 'eventId', booking.event_id, 'ticketIds', issued.ids))
    FROM (SELECT booking_id, jsonb_agg(ticket_id ORDER BY position) AS ids FROM added GROUP BY booking_id) issued
    JOIN bookings booking ON booking.id = issued.booking_id;
  RETURN NULL;
END $$;
CREATE TRIGGER booking_tickets_tell_webhooks AFTER INSERT ON booking_tickets REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION tell_webhooks_of_tickets();

-- As the event subgraph tells of it.
CREATE FUNCTION tell_webhooks_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_webhooks(NEW.organizer_id, 'event.' || lower(NEW.status), NEW.event_id,
    jsonb_build_object('eventId', NEW.event_id, 'status', NEW.status));
  RETURN NULL;
END $$;
CREATE TRIGGER event_copies_tell_webhooks AFTER UPDATE OF status ON event_copies FOR EACH ROW
  WHEN (OLD.status <> NEW.status AND NEW.status IN ('APPROVED', 'CANCELLED')) EXECUTE FUNCTION tell_webhooks_of_event();
