-- What is over is found by these, to be forgotten.
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
CREATE INDEX organizer_proposals_reviewed ON organizer_proposals (reviewed_at) WHERE reviewed_at IS NOT NULL;

-- How many people there are, in all and in each role, is read from this alone: as narrow as can be.
CREATE INDEX users_present ON users (role) WHERE deleted_at IS NULL;
