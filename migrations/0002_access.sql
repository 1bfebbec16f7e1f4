-- +goose Up
-- Who may come in: members of a workspace, their sessions and one-time links,
-- and the OAuth clients of servers. None of it belongs to a project, so
-- patchbay_app has no right to any of it. Secrets are here as hashes only.

CREATE TABLE members (
  id            text COLLATE "C" PRIMARY KEY,
  workspace_id  text COLLATE "C" NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  email         text NOT NULL,
  name          text NOT NULL,
  password_hash text NOT NULL, -- argon2id, in the PHC string format
  created_at    timestamptz NOT NULL
);
CREATE UNIQUE INDEX members_email ON members (lower(email)); -- sign-in

CREATE TABLE sessions (
  token_hash bytea PRIMARY KEY,
  member_id  text COLLATE "C" NOT NULL REFERENCES members ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  used_at    timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE TABLE sign_in_links (
  token_hash bytea PRIMARY KEY,
  member_id  text COLLATE "C" NOT NULL REFERENCES members ON DELETE CASCADE,
  expires_at timestamptz NOT NULL
);

CREATE TABLE clients (
  id           text COLLATE "C" PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
  secret_hash  bytea NOT NULL, -- SHA-256: the secret is 256 random bits, so a slow hash would add nothing
  scopes       jsonb NOT NULL,
  created_at   timestamptz NOT NULL,
  last_used_at timestamptz
);
CREATE INDEX clients_page ON clients (workspace_id, id DESC); -- list of clients

CREATE TABLE signing_keys (
  id          text COLLATE "C" PRIMARY KEY, -- the kid
  public_key  bytea NOT NULL,
  private_key bytea NOT NULL,               -- sealed
  created_at  timestamptz NOT NULL
);
