-- What many are told of one thing, and what it takes to put it into words.

-- What the event subgraph told of its events; written only when newer.
CREATE TABLE event_copies (
  id uuid NOT NULL,
  organizer_id uuid NOT NULL,
  title text NOT NULL,
  status text NOT NULL,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  timezone text NOT NULL,
  room_id uuid,
  venue_id uuid,
  location_id uuid,
  refund_until timestamptz(3),
  version integer NOT NULL,
  -- Where it is, in words, and as of which version; null until somebody was to be told.
  place text,
  place_version integer,
  CONSTRAINT event_copies_pkey PRIMARY KEY (id)
);
-- Events that people are to be reminded of.
CREATE INDEX event_copies_to_come ON event_copies (starts_at) WHERE status = 'APPROVED';

-- Something that is to be told, once: to some people, or to all of an audience, page by page.
CREATE TABLE announcements (
  id uuid NOT NULL,
  kind text NOT NULL,
  cause text NOT NULL,
  audience text NOT NULL,
  event_id uuid,
  user_ids uuid[] DEFAULT ARRAY[]::uuid[],
  data jsonb NOT NULL,
  -- Up to where its audience has been told.
  position uuid,
  attempts integer NOT NULL DEFAULT 0,
  not_before timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- From when on it is of no use to be told.
  not_after timestamptz(6),
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  done_at timestamptz(6),
  CONSTRAINT announcements_pkey PRIMARY KEY (id),
  CONSTRAINT announcements_users_listed CHECK (user_ids IS NOT NULL),
  CONSTRAINT announcements_once UNIQUE (kind, cause),
  CONSTRAINT announcements_audience_known CHECK (audience IN ('USERS', 'HOLDERS', 'WISHERS', 'FOLLOWERS', 'ORGANIZER', 'ADMINS')),
  CONSTRAINT announcements_of_event CHECK (event_id IS NOT NULL OR audience IN ('USERS', 'ADMINS')),
  CONSTRAINT announcements_cause_length CHECK (length(cause) BETWEEN 1 AND 200)
);
CREATE INDEX announcements_due ON announcements (not_before, id) WHERE done_at IS NULL;
CREATE INDEX announcements_done_at ON announcements (done_at) WHERE done_at IS NOT NULL;

-- Whom people follow.
CREATE TABLE follows (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  organizer_id uuid NOT NULL,
  followed_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT follows_pkey PRIMARY KEY (id),
  CONSTRAINT follows_once UNIQUE (user_id, organizer_id),
  CONSTRAINT follows_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT follows_organizer_id_fkey FOREIGN KEY (organizer_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT follows_another CHECK (user_id <> organizer_id)
);
CREATE INDEX follows_organizer ON follows (organizer_id, id);
