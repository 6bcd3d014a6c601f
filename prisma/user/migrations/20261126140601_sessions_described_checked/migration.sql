ALTER TABLE sessions VALIDATE CONSTRAINT sessions_signed_in_by_known;
ALTER TABLE sessions VALIDATE CONSTRAINT sessions_user_agent_length;
ALTER TABLE sessions VALIDATE CONSTRAINT sessions_network_is_range;
