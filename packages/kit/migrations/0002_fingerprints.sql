-- By what a process knows whether the secrets it was given are those this database was filled with: a salt and the
-- scrypt of the secret under it, which tells nobody what the secret is. To change a secret for good, delete its row.
CREATE TABLE kit.fingerprints (
  name text PRIMARY KEY,
  salt bytea NOT NULL,
  value bytea NOT NULL
);
