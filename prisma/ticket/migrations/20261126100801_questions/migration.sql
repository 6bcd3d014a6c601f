-- What an organizer asks those who come: a row for each event that asks anything. Answers stand with the tickets, with the words of their
-- questions, so that they outlive a change of these.
CREATE TABLE questionnaires (
  event_id uuid NOT NULL CONSTRAINT questionnaires_pkey PRIMARY KEY
    CONSTRAINT questionnaires_event_id_fkey REFERENCES event_copies (id),
  -- In their order: [{text, kind, required, options}].
  questions jsonb NOT NULL,
  -- Until when owners of tickets may say who comes; null for as long as a ticket is not used.
  answers_until timestamptz(3),
  CONSTRAINT questionnaires_questions_check CHECK (jsonb_typeof(questions) = 'array' AND jsonb_array_length(questions) <= 20)
);
