-- What people asked to have of everything that is kept of them, part by part, until they have had the time to fetch it.
CREATE TABLE data_exports (
  id uuid NOT NULL CONSTRAINT data_exports_pkey PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT data_exports_user_id_fkey REFERENCES users ON UPDATE CASCADE ON DELETE CASCADE,
  requested_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- Null while parts are missing.
  ready_at timestamptz(6),
  expires_at timestamptz(6),
  CONSTRAINT data_exports_ready_check CHECK ((ready_at IS NULL) = (expires_at IS NULL))
);
CREATE INDEX data_exports_user_id_id_idx ON data_exports (user_id, id);
CREATE INDEX data_exports_expires_at_idx ON data_exports (expires_at);
-- One at a time, whoever asks how often.
CREATE UNIQUE INDEX data_exports_one_under_way ON data_exports (user_id) WHERE ready_at IS NULL;

CREATE TABLE data_export_parts (
  export_id uuid NOT NULL CONSTRAINT data_export_parts_export_id_fkey REFERENCES data_exports ON UPDATE CASCADE ON DELETE CASCADE,
  subgraph text NOT NULL,
  -- JSON as it came.
  content text NOT NULL,
  CONSTRAINT data_export_parts_pkey PRIMARY KEY (export_id, subgraph)
);
