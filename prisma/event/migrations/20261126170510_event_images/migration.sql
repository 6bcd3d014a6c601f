-- The picture of an event, as the user subgraph has said what to keep of it (contracts/files.ts of the kit).
ALTER TABLE events ADD COLUMN image jsonb;
