-- Public pages of organizers (subgraphs/user/src/domain/organizers), and what people report to the admins (content-reports).

-- Whose a web address is, also after they have taken another: old links still lead there, and nobody else is given them.
CREATE TABLE organizer_slugs (
  slug text NOT NULL CONSTRAINT organizer_slugs_pkey PRIMARY KEY,
  organizer_id uuid NOT NULL CONSTRAINT organizer_slugs_organizer_id_fkey REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  claimed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT organizer_slugs_of_organizer UNIQUE (organizer_id, slug),
  CONSTRAINT organizer_slugs_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$')
);

CREATE TABLE organizer_profiles (
  user_id uuid NOT NULL CONSTRAINT organizer_profiles_pkey PRIMARY KEY
    CONSTRAINT organizer_profiles_user_id_fkey REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
  slug text NOT NULL,
  name text NOT NULL,
  about text,
  website text,
  -- [{label, url}]
  links jsonb NOT NULL DEFAULT '[]',
  -- When an admin last let them hold events; null of those for whom that was not noted.
  verified_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- An address is that of one page, and of those that are its organizer's.
  CONSTRAINT organizer_profiles_slug_key UNIQUE (slug),
  CONSTRAINT organizer_profiles_user_id_slug_key UNIQUE (user_id, slug),
  CONSTRAINT organizer_profiles_user_id_slug_fkey FOREIGN KEY (user_id, slug) REFERENCES organizer_slugs (organizer_id, slug)
    ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE content_reports (
  id uuid NOT NULL CONSTRAINT content_reports_pkey PRIMARY KEY,
  kind text NOT NULL CONSTRAINT content_reports_kind_check CHECK (kind IN ('EVENT', 'ORGANIZER', 'REVIEW')),
  -- What is reported; most of it lives elsewhere.
  subject_id uuid NOT NULL,
  -- Null once they have erased their account.
  reporter_id uuid CONSTRAINT content_reports_reporter_id_fkey REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE,
  reason text NOT NULL,
  status text NOT NULL DEFAULT 'OPEN' CONSTRAINT content_reports_status_check CHECK (status IN ('OPEN', 'DISMISSED', 'ACTED')),
  message text,
  decided_by uuid CONSTRAINT content_reports_decided_by_fkey REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE,
  decided_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- A person reports a thing once, by whichever way.
  CONSTRAINT content_reports_once UNIQUE (kind, subject_id, reporter_id),
  CONSTRAINT content_reports_decided_check CHECK ((status = 'OPEN') = (decided_at IS NULL))
);
CREATE INDEX content_reports_of_status ON content_reports (status, id);
CREATE INDEX content_reports_of_subject ON content_reports (kind, subject_id, id);
CREATE INDEX content_reports_of_reporter ON content_reports (reporter_id, created_at);
CREATE INDEX content_reports_decided ON content_reports (decided_at) WHERE decided_at IS NOT NULL;
