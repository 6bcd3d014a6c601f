-- A name has at most 120 characters as a person counts them; one of those is up to 10 code points, which is what length() counts.
ALTER TABLE users DROP CONSTRAINT users_name_length,
  ADD CONSTRAINT users_name_length CHECK (length(name) BETWEEN 1 AND 1200);
