ALTER TABLE bookings VALIDATE CONSTRAINT bookings_checkout_fkey;
ALTER TABLE payments VALIDATE CONSTRAINT payments_subject_check;
ALTER TABLE payments VALIDATE CONSTRAINT payments_checkout_fkey;
ALTER TABLE payments VALIDATE CONSTRAINT payments_top_up_check;
ALTER TABLE payments VALIDATE CONSTRAINT payments_status_check;
ALTER TABLE payments VALIDATE CONSTRAINT payments_captured_check;
ALTER TABLE payments VALIDATE CONSTRAINT payments_refunded_check;
ALTER TABLE payments VALIDATE CONSTRAINT payments_paid_at_check;
