-- The access code that an item is reserved with, sealed: reserved again, it is needed again.
ALTER TABLE cart_items ADD COLUMN access_code bytea;
