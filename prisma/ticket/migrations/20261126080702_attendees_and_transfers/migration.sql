-- Who comes with a ticket, where its owner has said so, and what they were asked: [{question, answer}].
ALTER TABLE tickets ADD COLUMN attendee_name text;
ALTER TABLE tickets ADD COLUMN attendee_answers jsonb;

-- A ticket that is handed on keeps its row, with another id, code and owner, so that whatever ends or freezes the tickets of a booking at
-- that moment meets it there. A row of its own says what became of the old id: it is no place of the booking any more.
ALTER TABLE tickets ALTER COLUMN ordinal DROP NOT NULL;
ALTER TABLE tickets ADD CONSTRAINT tickets_ordinal_check CHECK (ordinal IS NOT NULL OR status = 'TRANSFERRED') NOT VALID;
