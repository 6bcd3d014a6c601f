-- What those who came to an event say of it (subgraphs/event/src/domain/reviews).
CREATE TABLE reviews (
  id uuid NOT NULL CONSTRAINT reviews_pkey PRIMARY KEY,
  event_id uuid NOT NULL CONSTRAINT reviews_event_id_fkey REFERENCES events (id) ON DELETE CASCADE ON UPDATE CASCADE,
  -- Null once they have erased their account: their stars stay, their words do not.
  author_id uuid,
  rating smallint NOT NULL CONSTRAINT reviews_rating_check CHECK (rating BETWEEN 1 AND 5),
  comment text,
  status text NOT NULL DEFAULT 'PUBLISHED' CONSTRAINT reviews_status_check CHECK (status IN ('PUBLISHED', 'HIDDEN')),
  -- The organizer's.
  answer text,
  answered_at timestamptz(3),
  answer_edited_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  edited_at timestamptz(3),
  -- However often somebody sends it, and from how many devices at once, it is one.
  CONSTRAINT reviews_one_per_person UNIQUE (event_id, author_id),
  CONSTRAINT reviews_answer_check CHECK ((answer IS NULL) = (answered_at IS NULL)),
  CONSTRAINT reviews_erased_check CHECK (author_id IS NOT NULL OR (comment IS NULL AND answer IS NULL))
);
CREATE INDEX reviews_newest ON reviews (event_id, status, id);
CREATE INDEX reviews_by_rating ON reviews (event_id, status, rating, id);
CREATE INDEX reviews_of_author ON reviews (author_id, id);

-- How many stars an event has been given, counted by a trigger in the transaction of each review: what is read is never behind.
CREATE TABLE event_ratings (
  event_id uuid NOT NULL CONSTRAINT event_ratings_pkey PRIMARY KEY
    CONSTRAINT event_ratings_event_id_fkey REFERENCES events (id) ON DELETE CASCADE ON UPDATE CASCADE,
  ones integer NOT NULL DEFAULT 0,
  twos integer NOT NULL DEFAULT 0,
  threes integer NOT NULL DEFAULT 0,
  fours integer NOT NULL DEFAULT 0,
  fives integer NOT NULL DEFAULT 0,
  -- Reviews that the organizer has not been told of.
  untold integer NOT NULL DEFAULT 0,
  CONSTRAINT event_ratings_not_negative CHECK (least(ones, twos, threes, fours, fives, untold) >= 0)
);
CREATE INDEX event_ratings_untold ON event_ratings (event_id) WHERE untold > 0;

-- Each adds to what the row holds by then: those who come at the same time wait for its lock, and none is lost.
CREATE FUNCTION reviews_count_stars() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.status = 'PUBLISHED' THEN
    UPDATE event_ratings SET
      ones = ones - (OLD.rating = 1)::int, twos = twos - (OLD.rating = 2)::int, threes = threes - (OLD.rating = 3)::int,
      fours = fours - (OLD.rating = 4)::int, fives = fives - (OLD.rating = 5)::int
    WHERE event_id = OLD.event_id;
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.status = 'PUBLISHED' THEN
    INSERT INTO event_ratings AS r (event_id, ones, twos, threes, fours, fives, untold)
    VALUES (NEW.event_id, (NEW.rating = 1)::int, (NEW.rating = 2)::int, (NEW.rating = 3)::int, (NEW.rating = 4)::int,
      (NEW.rating = 5)::int, (TG_OP = 'INSERT')::int)
    ON CONFLICT (event_id) DO UPDATE SET ones = r.ones + excluded.ones, twos = r.twos + excluded.twos,
      threes = r.threes + excluded.threes, fours = r.fours + excluded.fours, fives = r.fives + excluded.fives,
      untold = r.untold + excluded.untold;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER reviews_count_stars AFTER INSERT OR DELETE OR UPDATE OF status, rating ON reviews
  FOR EACH ROW EXECUTE FUNCTION reviews_count_stars();

-- What admins have decided on reviews, all of it.
CREATE TABLE review_moderations (
  id uuid NOT NULL CONSTRAINT review_moderations_pkey PRIMARY KEY,
  review_id uuid NOT NULL CONSTRAINT review_moderations_review_id_fkey REFERENCES reviews (id) ON DELETE CASCADE ON UPDATE CASCADE,
  decision text NOT NULL CONSTRAINT review_moderations_decision_check CHECK (decision IN ('APPROVED', 'REJECTED')),
  message text,
  moderator_id uuid NOT NULL,
  decided_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT review_moderations_message_check CHECK (decision = 'APPROVED' OR message IS NOT NULL)
);
CREATE INDEX review_moderations_of_review ON review_moderations (review_id, id);

-- Who has reported a review, once each; what becomes of it is the user subgraph's.
CREATE TABLE review_reports (
  review_id uuid NOT NULL CONSTRAINT review_reports_review_id_fkey REFERENCES reviews (id) ON DELETE CASCADE ON UPDATE CASCADE,
  reporter_id uuid NOT NULL,
  reported_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT review_reports_pkey PRIMARY KEY (review_id, reporter_id)
);
CREATE INDEX review_reports_of_reporter ON review_reports (reporter_id, reported_at);

-- When an organizer was told of new reviews last: at most once a day.
CREATE TABLE review_digests (
  organizer_id uuid NOT NULL CONSTRAINT review_digests_pkey PRIMARY KEY,
  told_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- What admins have decided on events and on their pending changes, and what lapsed because nobody did.
CREATE TABLE event_decisions (
  id uuid NOT NULL CONSTRAINT event_decisions_pkey PRIMARY KEY,
  event_id uuid NOT NULL CONSTRAINT event_decisions_event_id_fkey REFERENCES events (id) ON DELETE CASCADE ON UPDATE CASCADE,
  outcome text NOT NULL CONSTRAINT event_decisions_outcome_check CHECK (outcome IN ('APPROVED', 'REJECTED', 'LAPSED')),
  of_changes boolean NOT NULL,
  message text,
  -- Null of what lapsed.
  reviewer_id uuid,
  decided_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT event_decisions_reviewer_check CHECK ((reviewer_id IS NULL) = (outcome = 'LAPSED'))
);
CREATE INDEX event_decisions_of_event ON event_decisions (event_id, id);

-- An organizer may have locations of their own; without an owner it is open to all.
ALTER TABLE locations ADD COLUMN owner_id uuid;
