-- Drawings of rooms' seats, in versions. Seat maps are made of published ones, which never change again.
CREATE TABLE seat_layouts (
  id uuid PRIMARY KEY,
  room_id uuid NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  status text NOT NULL DEFAULT 'DRAFT',
  -- As subgraphs/ticket/src/domain/seat-map/layout-document.ts has checked and completed it.
  document jsonb NOT NULL,
  seat_count integer NOT NULL,
  standing_capacity integer NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  published_at timestamptz(3),
  CONSTRAINT seat_layouts_status CHECK (status IN ('DRAFT', 'PUBLISHED')),
  CONSTRAINT seat_layouts_published CHECK ((status = 'PUBLISHED') = (published_at IS NOT NULL)),
  CONSTRAINT seat_layouts_version_once UNIQUE (room_id, name, version)
);
-- Whoever saves at the same time as somebody else writes the same draft.
CREATE UNIQUE INDEX seat_layouts_one_draft ON seat_layouts (room_id, name) WHERE status = 'DRAFT';
CREATE INDEX seat_layouts_room ON seat_layouts (room_id, id);

-- What maps were made of stays as it was, whatever the code above does.
CREATE FUNCTION keep_published_layout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'seat layout % is published: it never changes', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER seat_layouts_keep_published BEFORE UPDATE OR DELETE ON seat_layouts
  FOR EACH ROW WHEN (OLD.status = 'PUBLISHED') EXECUTE FUNCTION keep_published_layout();
