-- What every subgraph's database holds for the machinery they share (packages/kit). Own schema, so that a
-- subgraph's Prisma schema speaks of its own tables only.
CREATE SCHEMA IF NOT EXISTS kit;

-- One row per event and consumer, written in the transaction of the change it tells of.
CREATE TABLE kit.outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL,
  consumer text NOT NULL,
  type text NOT NULL,
  aggregate_id text NOT NULL,
  payload jsonb NOT NULL,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  delivered_at timestamptz,
  UNIQUE (id, consumer)
);
CREATE INDEX outbox_undelivered ON kit.outbox (consumer, aggregate_id, seq) WHERE delivered_at IS NULL;

-- Events this database has taken in; a repeat meets the primary key and is dropped.
CREATE TABLE kit.inbox (
  event_id uuid PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now()
);

-- Heartbeats of job workers: what a dead worker had locked is freed for the living.
CREATE TABLE kit.workers (
  worker_id text PRIMARY KEY,
  seen_at timestamptz NOT NULL DEFAULT now()
);

-- Ed25519 keys. The private part is sealed with a key from the settings; the public part is published.
CREATE TABLE kit.signing_keys (
  kid text PRIMARY KEY,
  public_jwk jsonb NOT NULL,
  sealed_private_jwk bytea NOT NULL,
  signs_from timestamptz NOT NULL,
  published_until timestamptz NOT NULL
);
