-- Seats as drawings have them: signs of their own, places beside accessible ones, places from which not everything is seen.
ALTER TABLE seats ADD COLUMN label text, ADD COLUMN companion boolean NOT NULL DEFAULT false,
  ADD COLUMN obstructed boolean NOT NULL DEFAULT false;

-- A seat that was taken off its map belongs to none any more. It stays, out of sale, because holds and tickets that have ended name it.
ALTER TABLE seats ALTER COLUMN event_id DROP NOT NULL;
ALTER TABLE seats ADD CONSTRAINT seats_off_the_map CHECK (event_id IS NOT NULL OR status = 'BLOCKED') NOT VALID;

-- Standing areas are sections without seats, for so many people.
ALTER TABLE sections ADD COLUMN capacity integer;
ALTER TABLE sections ADD CONSTRAINT sections_capacity CHECK (capacity > 0) NOT VALID;

-- What a map was drawn by, and the revision at which its seats were drawn last: whoever knows only an earlier one has to have it whole.
ALTER TABLE seat_maps ADD COLUMN layout_id uuid, ADD COLUMN drawn_revision integer NOT NULL DEFAULT 1;
ALTER TABLE seat_maps ADD CONSTRAINT seat_maps_layout_id_fkey FOREIGN KEY (layout_id) REFERENCES seat_layouts (id) NOT VALID;

-- Rises when the event's seats are drawn anew: what is remembered of their rows is of one such version.
ALTER TABLE event_copies ADD COLUMN map_version integer NOT NULL DEFAULT 0;
