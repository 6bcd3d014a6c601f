-- Who works for an event that is not theirs, and who was invited to. An invitation is good until somebody accepts it, once.
CREATE TABLE event_staff (
  id uuid NOT NULL,
  event_id uuid NOT NULL,
  -- Where the invitation was sent, in lower case.
  email text NOT NULL,
  roles text[],
  -- Null while nobody has accepted.
  user_id uuid,
  invited_by uuid NOT NULL,
  invited_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  expires_at timestamptz(3) NOT NULL,
  accepted_at timestamptz(3),

  CONSTRAINT event_staff_pkey PRIMARY KEY (id),
  CONSTRAINT event_staff_event_id_fkey FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT event_staff_roles_check CHECK (roles IS NOT NULL AND cardinality(roles) BETWEEN 1 AND 3 AND roles <@ ARRAY['DOOR', 'SALES', 'EDITOR']),
  CONSTRAINT event_staff_accepted_check CHECK ((user_id IS NULL) = (accepted_at IS NULL))
);
-- One invitation to an address, and one place for a person.
CREATE UNIQUE INDEX event_staff_event_id_email_key ON event_staff (event_id, email);
CREATE UNIQUE INDEX event_staff_event_id_user_id_key ON event_staff (event_id, user_id);
CREATE INDEX event_staff_user_id_event_id_idx ON event_staff (user_id, event_id);

-- How many invitations somebody has had mailed of late: no list of addresses is written to by this.
CREATE TABLE staff_invitation_counts (
  user_id uuid NOT NULL,
  invitations integer NOT NULL,
  window_ends_at timestamptz(3) NOT NULL,

  CONSTRAINT staff_invitation_counts_pkey PRIMARY KEY (user_id)
);
