-- +goose Up
-- API clients are bound to projects and environments, have their secret changed
-- without a gap, and are switched off; keys are clients whose secret is sent as it
-- is. The projects are a list and no table of their own: a client whose project is
-- deleted still names it, and so reaches nothing instead of everything.
ALTER TABLE clients
  ADD COLUMN kind text NOT NULL DEFAULT 'oauth' CHECK (kind IN ('oauth', 'key')),
  ADD COLUMN hint text NOT NULL DEFAULT '', -- how a key begins, for people to know it again
  ADD COLUMN previous_hash bytea,           -- of the secret before, while it is still good
  ADD COLUMN previous_until timestamptz,
  ADD COLUMN project_ids jsonb NOT NULL DEFAULT '[]',  -- none = all of the workspace's
  ADD COLUMN environments jsonb NOT NULL DEFAULT '[]', -- none = both
  ADD COLUMN rate_requests integer NOT NULL DEFAULT 0 CHECK (rate_requests >= 0), -- 0 = no limit of its own
  ADD COLUMN rate_window_seconds integer NOT NULL DEFAULT 0 CHECK (rate_window_seconds >= 0),
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN disabled_at timestamptz,
  ADD COLUMN last_used_address text NOT NULL DEFAULT '',
  ADD CHECK ((previous_hash IS NULL) = (previous_until IS NULL)),
  ADD CHECK ((rate_requests = 0) = (rate_window_seconds = 0));
CREATE UNIQUE INDEX clients_keys ON clients (secret_hash) WHERE kind = 'key'; -- sign-in by a key
