-- Who has just lost the right to hold events: what they had begun by then comes to nothing. Kept for a day.
CREATE TABLE lost_rights (
  user_id uuid NOT NULL,
  lost_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT lost_rights_pkey PRIMARY KEY (user_id)
);
CREATE INDEX lost_rights_lost_at_idx ON lost_rights (lost_at);
