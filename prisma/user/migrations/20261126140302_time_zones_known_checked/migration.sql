ALTER TABLE users VALIDATE CONSTRAINT users_timezone_known;
