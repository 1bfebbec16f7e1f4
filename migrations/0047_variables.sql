-- +goose Up
-- What workflows read from env. A row belongs to a workspace, to a project or to
-- an environment; the nearest of a name holds. Work done for an environment reads
-- all three, and writes only what is its own.
CREATE TABLE variables (
  id             text COLLATE "C" PRIMARY KEY,
  workspace_id   text COLLATE "C" REFERENCES workspaces ON DELETE CASCADE,
  project_id     text COLLATE "C" REFERENCES projects ON DELETE CASCADE,
  environment_id text COLLATE "C" REFERENCES environments ON DELETE CASCADE,
  name           text COLLATE "C" NOT NULL CHECK (name ~ '^[A-Za-z_][A-Za-z0-9_]{0,63}$'),
  value          bytea NOT NULL, -- sealed
  secret         boolean NOT NULL,
  description    text NOT NULL CHECK (char_length(description) <= 500),
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  CHECK (num_nonnulls(workspace_id, project_id, environment_id) = 1),
  UNIQUE (workspace_id, name),
  UNIQUE (project_id, name),
  UNIQUE (environment_id, name)
);
ALTER TABLE variables ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON variables USING (
  environment_id = current_setting('app.environment_id') OR project_id = current_setting('app.project_id') OR workspace_id = current_setting('app.workspace_id'));
CREATE POLICY above ON variables FOR SELECT USING (workspace_id = (SELECT workspace_id FROM projects WHERE id = current_setting('app.project_id')));
GRANT SELECT, INSERT, UPDATE, DELETE ON variables TO patchbay_app;
