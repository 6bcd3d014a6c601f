-- What organizers advertise, to who has asked for it.

CREATE TABLE campaigns (
  id uuid NOT NULL,
  event_id uuid NOT NULL,
  -- Who organized the event when it was sent, and whose followers and past buyers it is for.
  organizer_id uuid NOT NULL,
  -- By the clock of the event's place.
  day date NOT NULL,
  audience text NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  -- What its texts are made of, once for all who are told.
  facts jsonb NOT NULL,
  -- The event's end.
  not_after timestamptz(3) NOT NULL,
  -- Up to where its audience has been told.
  position uuid,
  people integer NOT NULL DEFAULT 0,
  unsubscribed integer NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  not_before timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- When all of the audience were told.
  told_at timestamptz(6),
  stopped_at timestamptz(6),
  -- When nothing of it waited any more, and what had become of its messages.
  closed_at timestamptz(6),
  sent integer,
  failed integer,
  dropped integer,
  CONSTRAINT campaigns_pkey PRIMARY KEY (id),
  CONSTRAINT campaigns_one_a_day UNIQUE (event_id, day),
  CONSTRAINT campaigns_audience_known CHECK (audience IN ('FOLLOWERS', 'WISHLISTED', 'PAST_BUYERS')),
  CONSTRAINT campaigns_counted_when_closed CHECK (closed_at IS NULL OR (sent IS NOT NULL AND failed IS NOT NULL AND dropped IS NOT NULL))
);
CREATE INDEX campaigns_event ON campaigns (event_id, id DESC);
CREATE INDEX campaigns_organizer ON campaigns (organizer_id);
CREATE INDEX campaigns_to_tell ON campaigns (not_before, id) WHERE told_at IS NULL AND stopped_at IS NULL;
CREATE INDEX campaigns_open ON campaigns (id) WHERE closed_at IS NULL;
CREATE INDEX campaigns_closed_at ON campaigns (closed_at) WHERE closed_at IS NOT NULL;

-- Of which campaign a message is.
ALTER TABLE deliveries ADD COLUMN campaign_id uuid;
-- When the next message of a campaign may leave; null while none ever has.
ALTER TABLE delivery_paces ADD COLUMN campaigns_next_at timestamptz(6);
