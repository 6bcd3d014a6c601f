-- What Postgres knows no clock of would stop whoever asks for that.
ALTER TABLE users ADD CONSTRAINT users_timezone_known
  CHECK ((timestamptz '2026-01-01 00:00:00Z' AT TIME ZONE timezone) IS NOT NULL) NOT VALID;
