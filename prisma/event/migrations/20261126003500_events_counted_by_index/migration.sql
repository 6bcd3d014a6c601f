-- However many events there are: a page of them, and how many there are in all, are read from an index.

-- What everybody sees, in order; what is over and what is not, without a look at the events; the review queue of admins.
CREATE INDEX events_by_status ON events (status, starts_at, id) INCLUDE (ends_at);
DROP INDEX events_waiting;

-- What everybody sees, to be counted: as narrow as can be.
CREATE INDEX events_approved ON events (category_id) WHERE status = 'APPROVED';

-- What an organizer has, the newest first; and what of it nobody else sees.
CREATE INDEX events_of_organizer ON events (organizer_id, id) INCLUDE (status);
CREATE INDEX events_unapproved ON events (organizer_id, starts_at, id) INCLUDE (status) WHERE status <> 'APPROVED';

-- Few events are online, or nearly all.
CREATE INDEX events_online ON events (starts_at, id) INCLUDE (status) WHERE online;
