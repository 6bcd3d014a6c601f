-- What has ended is deleted in time: holds with their items, and counters of persons that are back at zero.

ALTER TABLE hold_items DROP CONSTRAINT hold_items_hold_id_fkey,
  ADD CONSTRAINT hold_items_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES holds (id) ON DELETE CASCADE;
CREATE INDEX holds_closed ON holds (closed_at) WHERE closed_at IS NOT NULL;

-- Since when nothing is counted; null while something is.
ALTER TABLE allowances ADD COLUMN emptied_at timestamptz(3);
ALTER TABLE open_places ADD COLUMN emptied_at timestamptz(3);
UPDATE allowances SET emptied_at = now() WHERE taken = 0;
UPDATE open_places SET emptied_at = now() WHERE taken = 0;
CREATE INDEX allowances_emptied ON allowances (emptied_at) WHERE emptied_at IS NOT NULL;
CREATE INDEX open_places_emptied ON open_places (emptied_at) WHERE emptied_at IS NOT NULL;
