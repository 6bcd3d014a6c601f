-- Which token the use of another gave: who repeats that use within the grace is given the same one again.
ALTER TABLE refresh_tokens ADD COLUMN successor_id uuid,
  -- Only what was used has a successor. (What was used before this migration has none, and gets no grace.)
  ADD CONSTRAINT refresh_tokens_successor_of_used CHECK (successor_id IS NULL OR used_at IS NOT NULL);
-- No two tokens lead to the same one.
CREATE UNIQUE INDEX refresh_tokens_successor_id_key ON refresh_tokens (successor_id);
