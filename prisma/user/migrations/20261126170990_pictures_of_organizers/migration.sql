-- The picture of an organizer's page, as it was used (contracts/files.ts of the kit).
ALTER TABLE organizer_profiles ADD COLUMN image jsonb;
