-- Who has bought tickets of an event, so that each buyer makes it popular once, however often they buy. Forgotten like the days of views.
CREATE TABLE event_buyers (
  event_id uuid NOT NULL,
  user_id uuid NOT NULL,
  bought_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT event_buyers_pkey PRIMARY KEY (event_id, user_id),
  CONSTRAINT event_buyers_event_id_fkey FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX event_buyers_user_id_idx ON event_buyers (user_id);
CREATE INDEX event_buyers_bought_at_idx ON event_buyers (bought_at);
