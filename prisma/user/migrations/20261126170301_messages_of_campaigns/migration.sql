-- no transaction
-- What becomes of the messages of one campaign.
CREATE INDEX CONCURRENTLY deliveries_campaign ON deliveries (campaign_id, state) WHERE campaign_id IS NOT NULL;
