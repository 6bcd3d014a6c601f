-- The picture of an organizer's page, as `storedImage` of packages/kit/src/contracts/files.ts; its upload is used by `organizer:<id>`.
ALTER TABLE organizer_profiles ADD COLUMN image jsonb;
