ALTER TABLE users VALIDATE CONSTRAINT users_guest_email_normalized;
ALTER TABLE users VALIDATE CONSTRAINT users_guest_has_guest_email;
ALTER TABLE users VALIDATE CONSTRAINT users_guest_has_no_way_in;
ALTER TABLE users VALIDATE CONSTRAINT users_guest_bought;
ALTER TABLE users VALIDATE CONSTRAINT users_alive_is_reached;
