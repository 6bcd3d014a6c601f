-- no transaction
-- Notifications that name another person, so that the name goes with that one's account.
CREATE INDEX CONCURRENTLY notifications_naming ON notifications ((data ->> 'personId')) WHERE kind IN ('TICKET_SENT', 'TICKET_RECEIVED', 'STAFF_JOINED');
