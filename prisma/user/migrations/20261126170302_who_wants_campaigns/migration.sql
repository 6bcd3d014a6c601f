-- no transaction
-- Who has asked for what organizers advertise, page by page.
CREATE INDEX CONCURRENTLY notification_switches_campaigns ON notification_switches (user_id) WHERE kinds = 'CAMPAIGNS' AND enabled;
