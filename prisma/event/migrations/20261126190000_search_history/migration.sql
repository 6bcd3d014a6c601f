-- What people with an account have searched for last, for them alone (subgraphs/event/src/domain/browsing/search-history.ts).
CREATE TABLE search_history (
  user_id uuid NOT NULL,
  -- The search as it compares: the same one is there once.
  search_key text NOT NULL,
  search text NOT NULL,
  id uuid NOT NULL,
  searched_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT search_history_pkey PRIMARY KEY (user_id, search_key)
);
CREATE INDEX search_history_newest ON search_history (user_id, searched_at, id);
CREATE INDEX search_history_oldest ON search_history (searched_at);

-- Of whom nothing is kept: they have asked for that, or their account is erased. The latter goes a day later, when no search of theirs
-- can still be under way.
CREATE TABLE search_history_off (
  user_id uuid NOT NULL,
  erased_at timestamptz(3),
  CONSTRAINT search_history_off_pkey PRIMARY KEY (user_id)
);
CREATE INDEX search_history_off_erased ON search_history_off (erased_at) WHERE erased_at IS NOT NULL;
