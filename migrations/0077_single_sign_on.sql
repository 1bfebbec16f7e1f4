-- +goose Up
-- A workspace's members may sign in at an identity provider of its own.
CREATE TABLE sso_connections (
  id            text COLLATE "C" PRIMARY KEY,
  workspace_id  text COLLATE "C" NOT NULL UNIQUE REFERENCES workspaces ON DELETE CASCADE,
  issuer        text NOT NULL,
  client_id     text NOT NULL,
  client_secret bytea NOT NULL,               -- sealed
  joins         boolean NOT NULL,             -- whether who was not invited becomes a member
  default_role  text NOT NULL CHECK (default_role IN ('admin', 'developer', 'viewer')),
  groups_claim  text NOT NULL,
  group_roles   jsonb NOT NULL,               -- [{group, role}]
  required      boolean NOT NULL DEFAULT false, -- members other than owners come in by no other way
  test          jsonb,                        -- what the last test found; NULL = never tried
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL
);

-- The domains whose e-mails a connection may speak of.
CREATE TABLE sso_domains (
  id            text COLLATE "C" PRIMARY KEY,
  connection_id text COLLATE "C" NOT NULL REFERENCES sso_connections ON DELETE CASCADE,
  domain        text NOT NULL,
  proof         text NOT NULL,                -- what the domain's DNS is to say
  proved_at     timestamptz,                  -- NULL: not yet
  UNIQUE (connection_id, domain)
);
CREATE INDEX sso_domains_of ON sso_domains (domain); -- sign-in by the domain of an e-mail

-- Somebody is at the provider. It ends once.
CREATE TABLE sso_flows (
  state_hash    bytea PRIMARY KEY,
  browser_hash  bytea NOT NULL,               -- of the cookie that the browser was given
  connection_id text COLLATE "C" NOT NULL REFERENCES sso_connections ON DELETE CASCADE,
  tests         boolean NOT NULL,             -- signs nobody in
  next          text NOT NULL,                -- the page to go on with
  expires_at    timestamptz NOT NULL
);
CREATE INDEX sso_flows_old ON sso_flows (expires_at); -- the sweep

-- Who somebody of a provider is here.
CREATE TABLE sso_identities (
  connection_id text COLLATE "C" NOT NULL REFERENCES sso_connections ON DELETE CASCADE,
  subject       text COLLATE "C" NOT NULL,    -- as the provider names them, for ever
  person_id     text COLLATE "C" NOT NULL REFERENCES people ON DELETE CASCADE,
  used_at       timestamptz NOT NULL,
  PRIMARY KEY (connection_id, subject)
);
CREATE INDEX sso_identities_of ON sso_identities (person_id); -- when a person goes

-- A session that a connection opened reaches its workspace, and ends with it.
ALTER TABLE sessions ADD connection_id text COLLATE "C" REFERENCES sso_connections ON DELETE CASCADE;
CREATE INDEX sessions_by_connection ON sessions (connection_id) WHERE connection_id IS NOT NULL; -- when it is deleted
