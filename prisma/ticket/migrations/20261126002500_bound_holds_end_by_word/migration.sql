-- What a booking has bound does not go back on sale by time alone: the booking subgraph is asked first. When it said last that the
-- booking keeps its places, null while it never did: places are given up only when it has been silent for long after that.
ALTER TABLE holds ADD COLUMN kept_at timestamptz(3);
