-- Who works for an event, and as what, as the event subgraph told it last: [{"userId", "roles"}].
ALTER TABLE event_copies ADD COLUMN staff jsonb NOT NULL DEFAULT '[]';
