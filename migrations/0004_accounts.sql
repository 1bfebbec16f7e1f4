-- +goose Up
-- External users, the flows by which they connect, and what they connected.

CREATE TABLE oauth_apps (
  id            text COLLATE "C" PRIMARY KEY,
  project_id    text COLLATE "C" NOT NULL,
  app           text NOT NULL, -- slug
  name          text NOT NULL DEFAULT '',
  description   text NOT NULL DEFAULT '',
  client_id     text NOT NULL,
  client_secret bytea NOT NULL, -- sealed
  scopes        jsonb NOT NULL, -- [] = the app's default profile
  additional_scopes jsonb NOT NULL DEFAULT '[]',
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL
);
SELECT own_by_project('oauth_apps');

CREATE TABLE external_users (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  external_id    text NOT NULL CHECK (char_length(external_id) BETWEEN 1 AND 250),
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  UNIQUE (environment_id, external_id)
);
SELECT own_by_environment('external_users');

CREATE TABLE connect_tokens (
  id                       text COLLATE "C" PRIMARY KEY,
  environment_id           text COLLATE "C" NOT NULL,
  token_hash               bytea NOT NULL UNIQUE,
  user_id                  text COLLATE "C" NOT NULL,
  scopes                   jsonb NOT NULL,
  allowed_origins          jsonb NOT NULL,
  success_redirect_uri     text,
  error_redirect_uri       text,
  webhook_uri              text,
  app                      text,
  oauth_app_id             text COLLATE "C",
  allow_progressive_scopes boolean NOT NULL DEFAULT false,
  created_at               timestamptz NOT NULL,
  expires_at               timestamptz NOT NULL,
  used_at                  timestamptz -- set in the transaction that makes the account
);
SELECT own_by_environment('connect_tokens');
ALTER TABLE connect_tokens ADD FOREIGN KEY (environment_id, user_id) REFERENCES external_users (environment_id, id) ON DELETE CASCADE;

CREATE TABLE accounts (
  id                text COLLATE "C" PRIMARY KEY,
  environment_id    text COLLATE "C" NOT NULL,
  user_id           text COLLATE "C" NOT NULL,
  app               text NOT NULL, -- slug
  auth              text NOT NULL, -- id of the app's auth method
  oauth_app_id      text COLLATE "C",
  name              text,
  identity_id       text,
  vars              jsonb NOT NULL, -- what is not secret: subdomain, region
  scopes            jsonb NOT NULL,
  credential        bytea NOT NULL, -- sealed, with "environment|account" as associated data
  healthy           boolean NOT NULL DEFAULT true,
  dead              boolean NOT NULL DEFAULT false,
  error             text,
  expires_at        timestamptz,
  last_refreshed_at timestamptz,
  next_refresh_at   timestamptz,
  refresh_failures  integer NOT NULL DEFAULT 0, -- in a row
  lease_id          text NOT NULL DEFAULT '',
  lease_until       timestamptz,
  created_at        timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL
);
SELECT own_by_environment('accounts');
ALTER TABLE accounts ADD FOREIGN KEY (environment_id, user_id) REFERENCES external_users (environment_id, id) ON DELETE CASCADE;
CREATE INDEX accounts_page    ON accounts (environment_id, id DESC);               -- list of accounts
CREATE INDEX accounts_due     ON accounts (next_refresh_at) WHERE next_refresh_at IS NOT NULL AND NOT dead; -- the sweeper
CREATE INDEX accounts_of_user ON accounts (environment_id, user_id, app, id DESC); -- an account for a step, a user's page

CREATE TABLE connect_flows (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  state_hash     bytea NOT NULL UNIQUE,
  browser_hash   bytea NOT NULL, -- of the cookie of the browser that began
  token_id       text COLLATE "C" NOT NULL,
  app            text NOT NULL,
  oauth_app_id   text COLLATE "C" NOT NULL,
  account_id     text COLLATE "C", -- to reconnect; and the outcome, once it succeeded
  secret         bytea NOT NULL,   -- sealed: PKCE verifier and the connect token
  same_tab       boolean NOT NULL,
  status         text NOT NULL CHECK (status IN ('open', 'exchanging', 'succeeded', 'failed')),
  error          text,
  created_at     timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL
);
SELECT own_by_environment('connect_flows');
ALTER TABLE connect_flows ADD FOREIGN KEY (environment_id, token_id) REFERENCES connect_tokens (environment_id, id) ON DELETE CASCADE;

-- Accounts belong to environments, and an OAuth client to their project: this
-- looks into both environments of the caller's own project, and tells no more
-- than whether there is one.
-- +goose StatementBegin
CREATE FUNCTION oauth_app_in_use(oauth_app text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT EXISTS (SELECT FROM accounts a JOIN environments e ON e.id = a.environment_id
    WHERE a.oauth_app_id = oauth_app AND e.project_id = current_setting('app.project_id'))
$$;
-- +goose StatementEnd
CREATE INDEX accounts_of_oauth_app ON accounts (oauth_app_id) WHERE oauth_app_id IS NOT NULL; -- may a client be deleted
