-- +goose Up
-- How accounts live on. Each token of an account is a row of its own, whose
-- version is the fence: whoever writes names the version that they read, and a
-- write that comes late finds another one and changes nothing.

DELETE FROM accounts; -- before the first release: what was sealed the old way is connected again
ALTER TABLE accounts
  DROP COLUMN credential,
  DROP COLUMN expires_at,
  DROP COLUMN last_refreshed_at,
  DROP COLUMN next_refresh_at,
  DROP COLUMN refresh_failures,
  DROP COLUMN lease_id,
  DROP COLUMN lease_until,
  ADD COLUMN cause          text,                 -- why it is not healthy: a word of account.Cause
  ADD COLUMN health_since   timestamptz NOT NULL,
  ADD COLUMN probe_at       timestamptz,          -- when it is tried next; null: nothing is in doubt
  ADD COLUMN probe_failures integer NOT NULL DEFAULT 0;
CREATE INDEX accounts_probe ON accounts (probe_at) WHERE probe_at IS NOT NULL; -- the sweeper

CREATE TABLE credentials (
  id                 text COLLATE "C" PRIMARY KEY,
  environment_id     text COLLATE "C" NOT NULL,
  account_id         text COLLATE "C" NOT NULL,
  name               text NOT NULL,    -- of the token in the app's file, or "inputs": what the user typed in
  main               boolean NOT NULL, -- calls carry it
  version            bigint NOT NULL DEFAULT 1,
  sealed             bytea NOT NULL,   -- sealed, with "credential|environment|account|name" as associated data
  oauth_app_id       text COLLATE "C",
  token_host         text NOT NULL DEFAULT '', -- where it is refreshed: what is slow or out there must not hold up the others
  expires_at         timestamptz,
  refresh_expires_at timestamptz,      -- when only the user can renew it
  warn_at            timestamptz,      -- when that is told; null: nothing to tell, or told
  next_refresh_at    timestamptz,      -- null: never
  failures           integer NOT NULL DEFAULT 0, -- in a row
  dead               boolean NOT NULL DEFAULT false,
  last_ok_at         timestamptz,      -- of the last refresh that succeeded
  last_attempt       text NOT NULL DEFAULT '', -- the attempt that wrote this version
  rejected_at        timestamptz,      -- when the app last refused it before its end
  lease_owner        text NOT NULL DEFAULT '',
  lease_until        timestamptz,
  created_at         timestamptz NOT NULL,
  updated_at         timestamptz NOT NULL,
  UNIQUE (environment_id, account_id, name),
  CHECK ((lease_until IS NULL) = (lease_owner = ''))
) WITH (fillfactor = 80);
SELECT own_by_environment('credentials');
ALTER TABLE credentials ADD FOREIGN KEY (environment_id, account_id) REFERENCES accounts (environment_id, id) ON DELETE CASCADE;
CREATE INDEX credentials_due   ON credentials (next_refresh_at) WHERE next_refresh_at IS NOT NULL AND lease_until IS NULL AND NOT dead; -- the scheduler
CREATE INDEX credentials_lease ON credentials (lease_until) WHERE lease_until IS NOT NULL; -- leases of the dead
CREATE INDEX credentials_warn  ON credentials (warn_at) WHERE warn_at IS NOT NULL;
CREATE INDEX credentials_of_oauth_app ON credentials (oauth_app_id) WHERE oauth_app_id IS NOT NULL; -- what waits for a client

CREATE TABLE refresh_attempts (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  account_id     text COLLATE "C" NOT NULL,
  credential_id  text COLLATE "C" NOT NULL,
  base_version   bigint NOT NULL,
  owner          text NOT NULL,
  started_at     timestamptz NOT NULL,
  finished_at    timestamptz,
  outcome        text NOT NULL DEFAULT 'running', -- ok, fenced, abandoned, or a class of provider.Class
  http_status    integer NOT NULL DEFAULT 0,
  provider_code  text NOT NULL DEFAULT ''
);
SELECT own_by_environment('refresh_attempts'); -- no key to the account: who deletes one must not wait for who leases its token
CREATE INDEX refresh_attempts_of_account ON refresh_attempts (environment_id, account_id, id DESC); -- an account's history
CREATE INDEX refresh_attempts_running    ON refresh_attempts (credential_id) WHERE finished_at IS NULL; -- those of the dead
CREATE INDEX refresh_attempts_old        ON refresh_attempts (started_at); -- what is forgotten

CREATE TABLE account_health (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  account_id     text COLLATE "C" NOT NULL,
  state          text NOT NULL CHECK (state IN ('healthy', 'degraded', 'dead')),
  cause          text,
  error          text,
  created_at     timestamptz NOT NULL
);
SELECT own_by_environment('account_health');
ALTER TABLE account_health ADD FOREIGN KEY (environment_id, account_id) REFERENCES accounts (environment_id, id) ON DELETE CASCADE;
CREATE INDEX account_health_of_account ON account_health (environment_id, account_id, id DESC); -- an account's history

-- A client that a provider does not accept stops its refreshes, and not its accounts.
ALTER TABLE oauth_apps
  ADD COLUMN suspended_at   timestamptz,
  ADD COLUMN suspended_code text NOT NULL DEFAULT '', -- the provider's own
  ADD COLUMN retry_at       timestamptz;              -- when one refresh tries it again
