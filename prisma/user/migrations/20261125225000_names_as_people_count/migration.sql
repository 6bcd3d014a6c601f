-- A name has at most 120 characters as people count them; one of them, such as a family emoji, may be up to ten code points.
ALTER TABLE users DROP CONSTRAINT users_name_length;
ALTER TABLE users ADD CONSTRAINT users_name_length CHECK (length(name) BETWEEN 1 AND 1200);
