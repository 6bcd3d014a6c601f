ALTER TABLE bookings VALIDATE CONSTRAINT bookings_total_check;
ALTER TABLE bookings VALIDATE CONSTRAINT bookings_fees_check;
