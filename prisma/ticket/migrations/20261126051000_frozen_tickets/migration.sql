-- While its payment is in dispute a ticket admits nobody; what becomes of it is decided later.
ALTER TABLE tickets ADD COLUMN frozen boolean NOT NULL DEFAULT false;
