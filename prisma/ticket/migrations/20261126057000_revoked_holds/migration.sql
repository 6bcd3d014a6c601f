-- A hold whose booking has had its money back, or was cancelled, becomes no tickets any more, whenever whoever was to issue them comes.
ALTER TABLE holds ADD COLUMN revoked boolean NOT NULL DEFAULT false;
