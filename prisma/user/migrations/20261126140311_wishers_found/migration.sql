-- no transaction
-- Who has an event on their wishlist, page by page.
CREATE INDEX CONCURRENTLY wishlist_items_event ON wishlist_items (event_id, id);
