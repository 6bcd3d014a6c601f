-- Mails that came back as undeliverable, each once.
CREATE TABLE mail_bounces (
  delivery_id uuid NOT NULL,
  address text NOT NULL,
  -- Of RFC 3463, as 5.1.1.
  status text NOT NULL,
  diagnostic text,
  received_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT mail_bounces_pkey PRIMARY KEY (delivery_id),
  CONSTRAINT mail_bounces_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT mail_bounces_status_permanent CHECK (status ~ '^5[.][0-9]{1,3}[.][0-9]{1,3}$')
);
CREATE INDEX mail_bounces_address ON mail_bounces (address, received_at);
