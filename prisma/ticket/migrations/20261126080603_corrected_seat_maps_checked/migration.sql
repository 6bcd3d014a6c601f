ALTER TABLE seats VALIDATE CONSTRAINT seats_off_the_map;
ALTER TABLE sections VALIDATE CONSTRAINT sections_capacity;
ALTER TABLE seat_maps VALIDATE CONSTRAINT seat_maps_layout_id_fkey;
