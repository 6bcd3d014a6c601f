ALTER TABLE users VALIDATE CONSTRAINT users_guest_pays;
