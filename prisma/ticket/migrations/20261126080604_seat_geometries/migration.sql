-- Where the seats of maps stand, for whoever draws them: by the hash of what is in it, so that it can be kept for ever, and maps that
-- look alike share it. Compressed when it is made, in the two codings that browsers take.
CREATE TABLE seat_geometries (
  hash text PRIMARY KEY,
  gzip bytea NOT NULL,
  brotli bytea NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
-- Null for maps from before, until somebody first asks for theirs.
ALTER TABLE seat_maps ADD COLUMN geometry_hash text;
ALTER TABLE seat_maps ADD CONSTRAINT seat_maps_geometry_hash_fkey FOREIGN KEY (geometry_hash) REFERENCES seat_geometries (hash) NOT VALID;
