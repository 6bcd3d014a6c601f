-- The waiting room of an event. Who waits is known to Redis, which may forget it; what must not be forgotten is here: the terms, the
-- seed of the draw, how far admission has come in time, and who was admitted with which place.
CREATE TABLE queues (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL REFERENCES event_copies (id),
  -- Who comes before it is drawn at random; who comes later is served first come, first served.
  opens_at timestamptz(3) NOT NULL,
  -- Null: as many as there are places available.
  admit_per_minute integer,
  -- With it a person's place in the draw is decided, however often they come before the opening.
  seed bytea NOT NULL,
  -- The time up to which the rate is used up. Only ever moved on, under the lock of this row: so nobody is admitted ahead of it, however
  -- many processes admit, and whatever Redis has lost.
  admitted_until timestamptz(6) NOT NULL,
  -- What the line in Redis was called when somebody was admitted last: another one has lost people.
  epoch text,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- When its organizer switched it off.
  closed_at timestamptz(3),
  CONSTRAINT queues_admit_per_minute_check CHECK (admit_per_minute > 0),
  CONSTRAINT queues_seed_check CHECK (octet_length(seed) = 32)
);
-- An event has one waiting room at a time.
CREATE UNIQUE INDEX queues_open_once ON queues (event_id) WHERE closed_at IS NULL;

CREATE TABLE queue_admissions (
  queue_id uuid NOT NULL REFERENCES queues (id),
  user_id uuid NOT NULL,
  -- The place in line that it was for: the same place never admits a second time, even if Redis gives it back.
  place bigint NOT NULL,
  admitted_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  expires_at timestamptz(3) NOT NULL,
  PRIMARY KEY (queue_id, user_id)
);
CREATE INDEX queue_admissions_open ON queue_admissions (queue_id, expires_at);
CREATE INDEX queue_admissions_expires ON queue_admissions (expires_at);

-- The waiting room that whoever takes places of the event must have passed; null: there is none.
ALTER TABLE event_copies ADD COLUMN queue_id uuid;
ALTER TABLE event_copies ADD CONSTRAINT event_copies_queue_fkey FOREIGN KEY (queue_id) REFERENCES queues (id) NOT VALID;
