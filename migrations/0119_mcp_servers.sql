-- +goose Up
-- Remote MCP servers whose tools are actions of an app of the workspace. What a server
-- said of its tools when a member accepted it is what they are here; what it says
-- otherwise since then lies beside it until a member has looked at it.
CREATE TABLE mcp_servers (
  workspace_id text COLLATE "C" NOT NULL,
  app          text COLLATE "C" NOT NULL, -- slug
  url          text NOT NULL,
  open         boolean NOT NULL,          -- its tools are called without an account
  name         text NOT NULL,             -- as it calls itself
  version      text NOT NULL,
  tools        jsonb NOT NULL,            -- as they were accepted
  found        jsonb,                     -- all that it has now; null: nothing else
  refused      jsonb NOT NULL,            -- tools that cannot be actions, and why
  failure      text,                      -- why the last look failed; null: it did not
  author       text NOT NULL,             -- who accepted the tools
  created_at   timestamptz NOT NULL,
  accepted_at  timestamptz NOT NULL,
  looked_at    timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, app)
);
SELECT own_by_workspace('mcp_servers');

-- A component that is a tool has a package, which is the server, and no content.
ALTER TABLE components DROP CONSTRAINT components_check;
ALTER TABLE components ADD CONSTRAINT components_check CHECK ((source IS NULL) = (package IS NOT NULL AND described IS NOT NULL) AND (source IS NULL AND package NOT LIKE 'mcp/%') = (bundle IS NOT NULL));
