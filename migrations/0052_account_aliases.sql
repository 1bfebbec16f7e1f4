-- +goose Up
-- The names by which workflows know accounts: the same document runs in both
-- environments, and each says which of its accounts a name stands for.
CREATE TABLE account_aliases (
  id             text COLLATE "C" PRIMARY KEY, -- aal_…
  environment_id text COLLATE "C" NOT NULL,
  alias          text COLLATE "C" NOT NULL CHECK (alias ~ '^[a-z][a-z0-9_]{0,62}$'),
  account_id     text COLLATE "C" NOT NULL,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  UNIQUE (alias, environment_id)
);
SELECT own_by_environment('account_aliases');
ALTER TABLE account_aliases ADD FOREIGN KEY (environment_id, account_id) REFERENCES accounts (environment_id, id) ON DELETE CASCADE;
CREATE INDEX account_aliases_account ON account_aliases (account_id); -- when an account goes
