-- Categories that organizers miss, and what admins decide on them (subgraphs/event/src/domain/organizing/suggest-category.ts).
CREATE TABLE category_suggestions (
  id uuid NOT NULL CONSTRAINT category_suggestions_pkey PRIMARY KEY,
  organizer_id uuid NOT NULL,
  name text NOT NULL,
  slug text NOT NULL,
  reason text NOT NULL,
  status text NOT NULL DEFAULT 'OPEN' CONSTRAINT category_suggestions_status_check CHECK (status IN ('OPEN', 'APPROVED', 'REJECTED')),
  -- Of the admin who decided.
  message text,
  reviewer_id uuid,
  -- What came of it; null also once that category is gone.
  category_id uuid CONSTRAINT category_suggestions_category_id_fkey REFERENCES categories (id) ON DELETE SET NULL ON UPDATE CASCADE,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  decided_at timestamptz(3),
  CONSTRAINT category_suggestions_decided_check CHECK ((status = 'OPEN') = (decided_at IS NULL) AND (status = 'OPEN') = (reviewer_id IS NULL)),
  CONSTRAINT category_suggestions_category_check CHECK (category_id IS NULL OR status = 'APPROVED')
);
-- A name waits once, whoever suggests it, and however many at once.
CREATE UNIQUE INDEX category_suggestions_one_open ON category_suggestions (slug) WHERE status = 'OPEN';
CREATE INDEX category_suggestions_of_organizer ON category_suggestions (organizer_id, id);
CREATE INDEX category_suggestions_by_status ON category_suggestions (status, id);
CREATE INDEX category_suggestions_of_category ON category_suggestions (category_id);
