-- When a sale of the event begins or ends next by time, which its watchers are to be told of then, whatever becomes of the job that does so.
ALTER TABLE event_copies ADD COLUMN next_moment_at timestamptz(3);
