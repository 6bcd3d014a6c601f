-- What a person is shown of each of their sessions, to tell their own from a stranger's. Of sessions from before it is not known.
ALTER TABLE sessions ADD COLUMN signed_in_by text,
  ADD COLUMN user_agent text,
  -- Where it was used last, as a range of addresses: a city's worth of people, not a home.
  ADD COLUMN network text,
  ADD COLUMN last_seen_at timestamptz(6);
ALTER TABLE sessions
  ADD CONSTRAINT sessions_signed_in_by_known CHECK (signed_in_by ~ '^[A-Z_]{1,20}$') NOT VALID,
  ADD CONSTRAINT sessions_user_agent_length CHECK (length(user_agent) BETWEEN 1 AND 300) NOT VALID,
  -- 24 bits of an address, 48 of an IPv6 one: never a whole one.
  ADD CONSTRAINT sessions_network_is_range CHECK (network ~ '^([0-9.]+\.0/24|[0-9a-f:]+::/48)$') NOT VALID;
