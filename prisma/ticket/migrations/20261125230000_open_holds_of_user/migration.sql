-- What a user keeps just now: told with a limit that it counts towards, and to whoever lost a hold's id.
CREATE INDEX holds_open_of_user ON holds (user_id, event_id) WHERE status = 'ACTIVE';
