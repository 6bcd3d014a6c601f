-- By these, what is over is found without reading the rest (packages/kit/src/retention.ts).
CREATE INDEX outbox_delivered ON kit.outbox (delivered_at) WHERE delivered_at IS NOT NULL;
CREATE INDEX inbox_received ON kit.inbox (received_at);
