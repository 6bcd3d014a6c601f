-- Files that people send: what each is for, how far it has come, and what it is used by.
CREATE TYPE upload_purpose AS ENUM ('AVATAR', 'EVENT_IMAGE', 'ORGANIZER_IMAGE', 'PROPOSAL_BANNER', 'PROPOSAL_DOCUMENT');
CREATE TYPE upload_state AS ENUM ('PENDING', 'READY', 'GONE');

CREATE TABLE uploads (
  id uuid NOT NULL CONSTRAINT uploads_pkey PRIMARY KEY,
  owner_id uuid NOT NULL CONSTRAINT uploads_owner_id_fkey REFERENCES users ON UPDATE CASCADE ON DELETE RESTRICT,
  purpose upload_purpose NOT NULL,
  state upload_state NOT NULL DEFAULT 'PENDING',
  -- What was announced: nothing else is taken.
  content_type text NOT NULL,
  size integer NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- Until when it can be sent.
  url_expires_at timestamptz(6) NOT NULL,
  -- What nothing uses has its time of grace from here.
  touched_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- Whether what was sent may still lie where it was sent to.
  staged boolean NOT NULL DEFAULT true,
  -- Under what name it is kept; written down before anything is kept, so that nothing in the storage is without a row that names it.
  key text,
  -- Of a picture, in pixels.
  width integer,
  height integer,
  -- A few pixels of it, as a data URI.
  placeholder text,
  -- When all sizes of a picture were made; null while some are missing.
  sized_at timestamptz(6),
  -- What a use refers to: see there.
  CONSTRAINT uploads_id_state_key UNIQUE (id, state),
  CONSTRAINT uploads_key_key UNIQUE (key),
  CONSTRAINT uploads_size_positive CHECK (size > 0),
  CONSTRAINT uploads_key_form CHECK (key ~ '^[A-Za-z0-9_-]{43}$'),
  CONSTRAINT uploads_ready_has_key CHECK (state <> 'READY' OR key IS NOT NULL),
  CONSTRAINT uploads_picture_is_whole CHECK (
    (width IS NULL) = (height IS NULL) AND (width IS NULL) = (placeholder IS NULL) AND width > 0 AND height > 0)
);
CREATE INDEX uploads_owner_id_id_idx ON uploads (owner_id, id);
-- What is to be swept, or looked at for it.
CREATE INDEX uploads_touched_at_idx ON uploads (touched_at);
CREATE INDEX uploads_gone_idx ON uploads (url_expires_at) WHERE state = 'GONE' OR staged;
CREATE INDEX uploads_unsized_idx ON uploads (touched_at) WHERE state = 'READY' AND width IS NOT NULL AND sized_at IS NULL;

CREATE TABLE upload_uses (
  upload_id uuid NOT NULL,
  -- By what: `user:<id>`, `proposal:<id>`, `event:<id>` and the like.
  used_by text NOT NULL,
  -- Only what is ready is used, and what is used stays ready: an upload with a use cannot be moved to another state.
  upload_state upload_state NOT NULL DEFAULT 'READY',
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- Null while another subgraph has said that it will use it, and not yet that it does.
  confirmed_at timestamptz(6),
  CONSTRAINT upload_uses_pkey PRIMARY KEY (upload_id, used_by),
  CONSTRAINT upload_uses_of_ready FOREIGN KEY (upload_id, upload_state) REFERENCES uploads (id, state) ON UPDATE NO ACTION ON DELETE NO ACTION,
  CONSTRAINT upload_uses_state_ready CHECK (upload_state = 'READY'),
  CONSTRAINT upload_uses_used_by_form CHECK (used_by ~ '^[a-z]+:[0-9a-f-]{36}$')
);
CREATE INDEX upload_uses_used_by_idx ON upload_uses (used_by);
CREATE INDEX upload_uses_unconfirmed_idx ON upload_uses (created_at) WHERE confirmed_at IS NULL;
