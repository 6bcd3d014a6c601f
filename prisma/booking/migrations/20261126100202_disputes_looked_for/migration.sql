-- Disputes are told of by a notification, which may be lost; so they are looked for as well, from the last look on.
CREATE TABLE dispute_looks (
  provider text NOT NULL CONSTRAINT dispute_looks_pkey PRIMARY KEY,
  looked_at timestamptz(3) NOT NULL
);
