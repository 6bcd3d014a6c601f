-- What people are told: notifications, what they want to hear by which channel, and the deliveries that bring it to them.

CREATE TYPE language AS ENUM ('EN', 'ID');
CREATE TYPE channel AS ENUM ('EMAIL', 'PUSH', 'SMS');
CREATE TYPE delivery_state AS ENUM ('WAITING', 'SENT', 'DEAD');

ALTER TABLE users ADD COLUMN language language NOT NULL DEFAULT 'EN';
ALTER TABLE users ADD COLUMN timezone text NOT NULL DEFAULT 'Asia/Jakarta';

-- One row per person who was ever told anything. Whoever tells them something holds its lock, so what one person is told has an order.
CREATE TABLE notification_boxes (
  user_id uuid NOT NULL,
  -- Rises by one with each notification that is in the list; may leave numbers out.
  revision integer NOT NULL,
  CONSTRAINT notification_boxes_pkey PRIMARY KEY (user_id),
  CONSTRAINT notification_boxes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE notifications (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  kind text NOT NULL,
  cause text NOT NULL,
  data jsonb NOT NULL,
  -- Of the box, where it is in the person's list; null for what goes by mail alone.
  revision integer,
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  read_at timestamptz(6),
  CONSTRAINT notifications_pkey PRIMARY KEY (id),
  CONSTRAINT notifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  -- Once per person and cause, however often and by however many it is told.
  CONSTRAINT notifications_once UNIQUE (user_id, kind, cause),
  CONSTRAINT notifications_cause_length CHECK (length(cause) BETWEEN 1 AND 200)
);
CREATE INDEX notifications_listed ON notifications (user_id, id) WHERE revision IS NOT NULL;
CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE revision IS NOT NULL AND read_at IS NULL;
CREATE INDEX notifications_revision ON notifications (user_id, revision) WHERE revision IS NOT NULL;
CREATE INDEX notifications_created_at ON notifications (created_at);

-- One notification on its way by one channel to one address.
CREATE TABLE deliveries (
  id uuid NOT NULL,
  -- In which order they were written.
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  notification_id uuid NOT NULL,
  user_id uuid NOT NULL,
  channel channel NOT NULL,
  address text NOT NULL,
  -- The lower goes first: 0 security, 1 what was paid for, 2 the rest, 3 campaigns.
  priority smallint NOT NULL,
  state delivery_state NOT NULL DEFAULT 'WAITING',
  not_before timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- What it says is of no use any more.
  not_after timestamptz(6),
  attempts integer NOT NULL DEFAULT 0,
  -- A one-time token, sealed; gone as soon as nothing is sent any more.
  secret bytea,
  reason text,
  ended_at timestamptz(6),
  CONSTRAINT deliveries_pkey PRIMARY KEY (id),
  CONSTRAINT deliveries_notification_id_fkey FOREIGN KEY (notification_id) REFERENCES notifications (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT deliveries_once UNIQUE (notification_id, channel, address),
  CONSTRAINT deliveries_priority_known CHECK (priority BETWEEN 0 AND 3),
  CONSTRAINT deliveries_ended_for_good CHECK ((state = 'WAITING') = (ended_at IS NULL)),
  CONSTRAINT deliveries_secret_wiped CHECK (secret IS NULL OR state = 'WAITING'),
  CONSTRAINT deliveries_dead_has_reason CHECK (state <> 'DEAD' OR reason IS NOT NULL)
);
-- In the order in which they leave: what is due is the beginning of each priority.
CREATE INDEX deliveries_due ON deliveries (channel, priority, not_before, seq) WHERE state = 'WAITING';
CREATE INDEX deliveries_user_id ON deliveries (user_id);
CREATE INDEX deliveries_ended_at ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

-- When the next delivery of a channel may leave, over all processes.
CREATE TABLE delivery_paces (
  channel channel NOT NULL,
  next_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT delivery_paces_pkey PRIMARY KEY (channel)
);
INSERT INTO delivery_paces (channel) VALUES ('EMAIL'), ('PUSH'), ('SMS');

-- Where nothing can be delivered any more: an address that does not exist, a subscription that has ended.
CREATE TABLE dead_addresses (
  channel channel NOT NULL,
  address text NOT NULL,
  since timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT dead_addresses_pkey PRIMARY KEY (channel, address)
);

-- What a person has said otherwise than a group of kinds is by itself.
CREATE TABLE notification_switches (
  user_id uuid NOT NULL,
  kinds text NOT NULL,
  channel channel NOT NULL,
  enabled boolean NOT NULL,
  CONSTRAINT notification_switches_pkey PRIMARY KEY (user_id, kinds, channel),
  CONSTRAINT notification_switches_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE
);

-- Between which times of their day a person wants no news that can wait; over midnight where the second is the earlier one.
CREATE TABLE quiet_hours (
  user_id uuid NOT NULL,
  starts time(0) NOT NULL,
  ends time(0) NOT NULL,
  CONSTRAINT quiet_hours_pkey PRIMARY KEY (user_id),
  CONSTRAINT quiet_hours_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT quiet_hours_last CHECK (starts <> ends)
);

-- When the quiet hours end that an instant is in; null when it is in none.
CREATE FUNCTION quiet_until(starts time, ends time, timezone text, at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN starts < ends AND local::time >= starts AND local::time < ends THEN (local::date + ends) AT TIME ZONE timezone
    WHEN starts > ends AND local::time >= starts THEN (local::date + 1 + ends) AT TIME ZONE timezone
    WHEN starts > ends AND local::time < ends THEN (local::date + ends) AT TIME ZONE timezone
  END
  FROM (SELECT at AT TIME ZONE timezone AS local) AS clock
$$;
