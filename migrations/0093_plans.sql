-- +goose Up
-- What a workspace may use: plans, which the operator names, and what a project
-- sets itself below that.

CREATE TABLE plans (
  name       text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,49}$'),
  title      text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 120),
  terms      jsonb NOT NULL,
  updated_at timestamptz NOT NULL
);
ALTER TABLE workspaces ADD plan text COLLATE "C" REFERENCES plans; -- null = the server's limits, and no quotas

CREATE TABLE project_terms (
  project_id text COLLATE "C" PRIMARY KEY DEFAULT current_setting('app.project_id') REFERENCES projects ON DELETE CASCADE,
  terms      jsonb NOT NULL,
  updated_at timestamptz NOT NULL
);
ALTER TABLE project_terms ENABLE ROW LEVEL SECURITY;
CREATE POLICY project ON project_terms USING (project_id = current_setting('app.project_id'));
GRANT SELECT, INSERT, UPDATE, DELETE ON project_terms TO patchbay_app;

-- What was told of a quota in a month: once at each percentage.
CREATE TABLE quota_warnings (
  project_id text COLLATE "C" NOT NULL DEFAULT current_setting('app.project_id') REFERENCES projects ON DELETE CASCADE,
  month      date NOT NULL,
  kind       text NOT NULL,
  scope      text NOT NULL CHECK (scope IN ('workspace', 'project')),
  percent    integer NOT NULL,
  told_at    timestamptz NOT NULL,
  PRIMARY KEY (project_id, month, kind, scope, percent)
);
ALTER TABLE quota_warnings ENABLE ROW LEVEL SECURITY;
CREATE POLICY project ON quota_warnings USING (project_id = current_setting('app.project_id'));
GRANT SELECT, INSERT ON quota_warnings TO patchbay_app;
