-- Blocks of rooms that are over are found by this, to be forgotten.
CREATE INDEX room_bookings_blocks ON room_bookings (ends_at) WHERE kind = 'BLOCK';
