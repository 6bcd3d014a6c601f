-- What may come with a proposal: a picture, which everybody may see, and a document, which only its applicant and admins may.
ALTER TABLE organizer_proposals ADD COLUMN banner jsonb,
  ADD COLUMN document_upload_id uuid;

-- However a proposal goes, its files are used by it no longer.
CREATE FUNCTION forget_uses_of_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM upload_uses WHERE used_by = 'proposal:' || OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER organizer_proposals_forget_uses AFTER DELETE ON organizer_proposals
  FOR EACH ROW WHEN (OLD.banner IS NOT NULL OR OLD.document_upload_id IS NOT NULL)
  EXECUTE FUNCTION forget_uses_of_proposal();
