ALTER TABLE bookings VALIDATE CONSTRAINT bookings_refunded_check;
