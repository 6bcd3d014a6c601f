-- How buyers pay an organizer themself, by bank transfer or in cash: for one event, or for all of an organizer's.
CREATE TABLE manual_terms (
  -- The event, or the organizer.
  scope_id uuid NOT NULL,
  -- What buyers are told to do; null where it is switched off, also for one event of an organizer who takes such payments.
  instructions text CHECK (char_length(instructions) BETWEEN 1 AND 2000),
  updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT manual_terms_pkey PRIMARY KEY (scope_id)
);

-- Whether a person has to give it back, and say so: its provider cannot.
ALTER TABLE refunds ADD COLUMN by_hand boolean NOT NULL DEFAULT false;
