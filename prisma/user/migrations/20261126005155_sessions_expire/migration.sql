-- Until when a session can be gone on with, so that what is over is found without a look at its tokens. Those of today have the
-- longest that they may have; each refresh moves it on.
ALTER TABLE sessions ADD COLUMN expires_at timestamptz(6) NOT NULL DEFAULT (CURRENT_TIMESTAMP + '30 days'::interval);
