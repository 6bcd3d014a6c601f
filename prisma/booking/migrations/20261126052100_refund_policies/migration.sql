-- What an organizer promises of refunds, in versions: a booking keeps the one that it was bought under. An event without any has the platform's own.
CREATE TABLE refund_policies (
  id uuid NOT NULL,
  event_id uuid NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  -- [{"hoursBeforeStart", "percent"}], the earliest first: until so many hours before the event starts so many per cent. Empty: no refunds.
  tiers jsonb NOT NULL CHECK (jsonb_typeof(tiers) = 'array'),
  approval text NOT NULL CHECK (approval IN ('AUTOMATIC', 'ORGANIZER')),
  -- For so long the organizer may look at a request; then it is decided as `when_undecided` says.
  review_hours integer NOT NULL CHECK (review_hours BETWEEN 1 AND 720),
  when_undecided text NOT NULL CHECK (when_undecided IN ('APPROVE', 'REJECT')),
  fees_kept boolean NOT NULL,
  created_by uuid NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT refund_policies_pkey PRIMARY KEY (id)
);
-- Of two organizers who set it at once, one is the later.
CREATE UNIQUE INDEX refund_policies_event_id_version_key ON refund_policies (event_id, version);
-- Terms that somebody has bought under stay.
CREATE TRIGGER refund_policies_immutable BEFORE UPDATE OR DELETE ON refund_policies
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE bookings ADD COLUMN refund_policy_id uuid;
ALTER TABLE bookings ADD CONSTRAINT bookings_refund_policy_id_fkey
  FOREIGN KEY (refund_policy_id) REFERENCES refund_policies NOT VALID;
-- Whoever writes a booking, also the version before, writes it under the policy of that moment; and there it stays.
CREATE FUNCTION keep_refund_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT id INTO NEW.refund_policy_id FROM refund_policies WHERE event_id = NEW.event_id ORDER BY version DESC LIMIT 1;
  ELSIF NEW.refund_policy_id IS DISTINCT FROM OLD.refund_policy_id THEN
    RAISE EXCEPTION 'a booking keeps the refund policy that it was bought under'
      USING ERRCODE = '23514', CONSTRAINT = 'bookings_keep_refund_policy';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER bookings_keep_refund_policy BEFORE INSERT OR UPDATE OF refund_policy_id ON bookings
  FOR EACH ROW EXECUTE FUNCTION keep_refund_policy();

-- When it starts, by which policies go; and until when everybody who had booked before it was moved may have all their money back.
ALTER TABLE event_copies ADD COLUMN starts_at timestamptz(3), ADD COLUMN rescheduled_at timestamptz(3), ADD COLUMN refund_until timestamptz(3);

-- What buyers ask for. The terms are those of the moment of asking, however long it takes to decide.
CREATE TABLE refund_requests (
  id uuid NOT NULL,
  booking_id uuid NOT NULL REFERENCES bookings,
  event_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('PENDING', 'APPROVED', 'REJECTED')),
  percent integer NOT NULL CHECK (percent BETWEEN 0 AND 100),
  -- What goes back, as asked for or as the review has it.
  amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 9007199254740991),
  fees_kept boolean NOT NULL,
  to_wallet boolean NOT NULL,
  -- In the buyer's own words; forgotten some time after it was decided.
  reason text,
  -- Until when it may be reviewed, and what happens then.
  review_by timestamptz(3) NOT NULL,
  when_undecided text NOT NULL CHECK (when_undecided IN ('APPROVE', 'REJECT')),
  -- To the buyer, of whoever decided.
  message text,
  -- Null when the policy did.
  decided_by uuid,
  decided_at timestamptz(3),
  refund_id uuid REFERENCES booking_refunds,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT refund_requests_pkey PRIMARY KEY (id),
  CONSTRAINT refund_requests_decided_check CHECK ((status = 'PENDING') = (decided_at IS NULL)),
  CONSTRAINT refund_requests_refund_check CHECK (CASE status WHEN 'PENDING' THEN refund_id IS NULL WHEN 'APPROVED' THEN refund_id IS NOT NULL ELSE true END)
);
CREATE INDEX refund_requests_booking_id_idx ON refund_requests (booking_id, id);
CREATE INDEX refund_requests_event_id_idx ON refund_requests (event_id, id DESC);
CREATE INDEX refund_requests_refund_id_idx ON refund_requests (refund_id);
CREATE INDEX refund_requests_to_decide ON refund_requests (review_by) WHERE status = 'PENDING';
CREATE INDEX refund_requests_to_forget ON refund_requests (decided_at) WHERE reason IS NOT NULL;

-- It is decided once: of two reviews, or a review and the deadline, at the same moment the second changes nothing. Only where a ticket was
-- used before it was out of use is an approved one REJECTED after all.
CREATE FUNCTION guard_refund_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.booking_id, NEW.event_id, NEW.percent, NEW.fees_kept, NEW.to_wallet, NEW.review_by, NEW.when_undecided, NEW.created_at)
      IS DISTINCT FROM (OLD.id, OLD.booking_id, OLD.event_id, OLD.percent, OLD.fees_kept, OLD.to_wallet, OLD.review_by, OLD.when_undecided, OLD.created_at)
    OR NEW.reason IS DISTINCT FROM OLD.reason AND NEW.reason IS NOT NULL
    OR OLD.status <> 'PENDING' AND (NEW.amount, NEW.decided_by, NEW.decided_at, NEW.refund_id)
      IS DISTINCT FROM (OLD.amount, OLD.decided_by, OLD.decided_at, OLD.refund_id)
    OR NEW.status <> OLD.status AND OLD.status <> 'PENDING' AND NOT (OLD.status = 'APPROVED' AND NEW.status = 'REJECTED'
      AND EXISTS (SELECT FROM booking_refunds WHERE id = OLD.refund_id AND status = 'REFUSED')) THEN
    RAISE EXCEPTION 'refund request % is decided once, on the terms that it was made on', OLD.id
      USING ERRCODE = '23514', CONSTRAINT = 'refund_requests_once';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refund_requests_once BEFORE UPDATE ON refund_requests FOR EACH ROW EXECUTE FUNCTION guard_refund_request();

CREATE TABLE refund_request_tickets (
  request_id uuid NOT NULL REFERENCES refund_requests,
  ticket_id uuid NOT NULL REFERENCES booking_tickets,
  position integer NOT NULL,
  -- Until the request is rejected.
  open boolean NOT NULL DEFAULT true,
  CONSTRAINT refund_request_tickets_pkey PRIMARY KEY (request_id, ticket_id)
);
-- A ticket is asked to be refunded once at a time.
CREATE UNIQUE INDEX refund_request_tickets_open ON refund_request_tickets (ticket_id) WHERE open;
