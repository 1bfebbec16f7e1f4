-- +goose Up
-- MCP clients that act for users: an authorization server, as small as OAuth 2.1 lets
-- one be. A client asks (mcp_requests), its user allows it (mcp_authorizations), and it
-- has tokens (mcp_tokens).

-- The customer's page that says which user is signed in; NULL = users of this
-- environment sign in from no client.
ALTER TABLE environments ADD COLUMN mcp_sign_in_url text;
GRANT UPDATE (mcp_sign_in_url) ON environments TO patchbay_app;

-- Clients that registered themselves (RFC 7591), where the operator lets them. They
-- are of no tenant: a client registers before it has said for whom.
CREATE TABLE mcp_clients (
  id            text COLLATE "C" PRIMARY KEY,
  name          text NOT NULL,
  redirect_uris jsonb NOT NULL,
  created_at    timestamptz NOT NULL,
  used_at       timestamptz NOT NULL
);
CREATE INDEX mcp_clients_age ON mcp_clients (used_at); -- the end of those that nobody uses

CREATE TABLE mcp_authorizations (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  user_id        text COLLATE "C" NOT NULL,
  client_id      text COLLATE "C" NOT NULL,
  client_name    text NOT NULL,
  client_host    text NOT NULL, -- '' = the client registered itself, so that nobody answers for its name
  redirect_uri   text NOT NULL, -- for which the user allowed it
  scopes         jsonb NOT NULL,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL, -- when the user allowed it last
  used_at        timestamptz,
  UNIQUE (user_id, client_id)
);
SELECT own_by_environment('mcp_authorizations');
ALTER TABLE mcp_authorizations ADD FOREIGN KEY (environment_id, user_id) REFERENCES external_users (environment_id, id) ON DELETE CASCADE;

CREATE TABLE mcp_requests (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  client_id      text COLLATE "C" NOT NULL,
  client_name    text NOT NULL,
  client_host    text NOT NULL,
  redirect_uri   text NOT NULL,
  state          text NOT NULL,         -- the client's own, given back to it
  challenge      text NOT NULL,         -- PKCE, S256
  scopes         jsonb NOT NULL,
  browser_hash   bytea NOT NULL,        -- of the cookie of the browser that began
  request_hash   bytea NOT NULL UNIQUE, -- what the customer's page is sent
  key_hash       bytea UNIQUE,          -- what only the customer's server is told, once it has said who it is
  code_hash      bytea UNIQUE,          -- what the client is sent, once its user has allowed it
  user_id        text COLLATE "C",
  authorization_id text COLLATE "C",
  status         text NOT NULL CHECK (status IN ('asked', 'completed', 'allowed', 'exchanged', 'denied')),
  created_at     timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,  -- of what comes next: the user's way, and then the code
  CHECK ((status IN ('allowed', 'exchanged')) = (code_hash IS NOT NULL)),
  CHECK (status = 'asked' OR user_id IS NOT NULL)
);
SELECT own_by_environment('mcp_requests');
ALTER TABLE mcp_requests
  ADD FOREIGN KEY (environment_id, user_id) REFERENCES external_users (environment_id, id) ON DELETE CASCADE,
  ADD FOREIGN KEY (environment_id, authorization_id) REFERENCES mcp_authorizations (environment_id, id) ON DELETE CASCADE;
CREATE INDEX mcp_requests_of_user          ON mcp_requests (user_id);          -- a user who is deleted
CREATE INDEX mcp_requests_of_authorization ON mcp_requests (authorization_id); -- one that is taken back
CREATE INDEX mcp_requests_age              ON mcp_requests USING brin (created_at);

CREATE TABLE mcp_tokens (
  id               text COLLATE "C" PRIMARY KEY,
  environment_id   text COLLATE "C" NOT NULL,
  authorization_id text COLLATE "C" NOT NULL,
  family           text COLLATE "C" NOT NULL, -- the request whose code they all come from
  kind             text NOT NULL CHECK (kind IN ('access', 'refresh')),
  token_hash       bytea NOT NULL UNIQUE,
  scopes           jsonb NOT NULL,
  spent_at         timestamptz,          -- a refresh token that was used; used again, all of its family end
  created_at       timestamptz NOT NULL,
  expires_at       timestamptz NOT NULL,
  ends_at          timestamptz NOT NULL, -- the family's end: no token of it lives longer
  CHECK (spent_at IS NULL OR kind = 'refresh')
);
SELECT own_by_environment('mcp_tokens');
ALTER TABLE mcp_tokens ADD FOREIGN KEY (environment_id, authorization_id) REFERENCES mcp_authorizations (environment_id, id) ON DELETE CASCADE;
CREATE INDEX mcp_tokens_of_authorization ON mcp_tokens (authorization_id);
CREATE INDEX mcp_tokens_of_family        ON mcp_tokens (family);
CREATE INDEX mcp_tokens_age              ON mcp_tokens (expires_at); -- the sweeper

ALTER TABLE audit_log DROP CONSTRAINT audit_log_actor_kind_check;
ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_kind_check CHECK (actor_kind IN ('client', 'member', 'connect_token', 'mcp_client', 'system')) NOT VALID;
