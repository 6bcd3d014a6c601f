-- What the event subgraph tells of pauses, rooms and limits. What it has not told yet is as before: not paused, no limit of its own.
ALTER TABLE event_copies
  ADD COLUMN capacity integer,
  ADD COLUMN sales_paused boolean NOT NULL DEFAULT false,
  ADD COLUMN sales_paused_reason text,
  ADD COLUMN max_open_places integer;

-- Nobody holds the hall for free: how many places of an event a user keeps from others without having paid for them.
-- Locked after seats and before allowances; the whole order is now: event copy, hold, seats (by id), open places (by user, event),
-- allowances (by user, type), ticket types (by id), seat map.
CREATE TABLE open_places (
  user_id uuid NOT NULL,
  event_id uuid NOT NULL REFERENCES event_copies (id),
  -- Raised by a conditional upsert, given back when a hold ends or is converted.
  taken integer NOT NULL,
  CONSTRAINT open_places_not_negative CHECK (taken >= 0),
  PRIMARY KEY (user_id, event_id)
);
INSERT INTO open_places (user_id, event_id, taken)
SELECT h.user_id, h.event_id, sum(i.quantity)::int FROM holds h JOIN hold_items i ON i.hold_id = h.id
WHERE h.status = 'ACTIVE' GROUP BY h.user_id, h.event_id;
