ALTER TABLE tickets VALIDATE CONSTRAINT tickets_guest_id_fkey;
ALTER TABLE tickets VALIDATE CONSTRAINT tickets_of_booking_or_guest;
