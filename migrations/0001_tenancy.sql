-- +goose Up
-- Tenancy. Work done for a tenant runs as patchbay_app, which row-level
-- security confines to one environment of one project; migrations, sign-in and
-- sweeps run as the owner. A table joins by one line:
-- SELECT own_by_environment('things'), or own_by_project for what both
-- environments of a project share.

-- +goose StatementBegin
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'patchbay_app') THEN
    CREATE ROLE patchbay_app NOLOGIN;
    EXECUTE format('GRANT patchbay_app TO %I', current_user); -- so that we may become it
  END IF;
EXCEPTION WHEN unique_violation OR duplicate_object THEN
  NULL; -- roles belong to the whole server: another database that is set up at this moment has made it
END $$;
-- +goose StatementEnd

CREATE TABLE workspaces (
  id         text COLLATE "C" PRIMARY KEY,
  name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
  created_at timestamptz NOT NULL
);

CREATE TABLE projects (
  id                            text COLLATE "C" PRIMARY KEY,
  workspace_id                  text COLLATE "C" NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  name                          text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
  app_name                      text,
  support_email                 text,
  connect_require_key_auth_test boolean NOT NULL DEFAULT false,
  workflows_in_production       boolean NOT NULL DEFAULT true,
  created_at                    timestamptz NOT NULL,
  updated_at                    timestamptz NOT NULL
);
CREATE INDEX projects_page ON projects (workspace_id, id DESC); -- list of projects

CREATE TABLE environments (
  id         text COLLATE "C" PRIMARY KEY,
  project_id text COLLATE "C" NOT NULL REFERENCES projects ON DELETE CASCADE,
  name       text NOT NULL CHECK (name IN ('development', 'production')),
  UNIQUE (project_id, name)
);

-- +goose StatementBegin
CREATE FUNCTION own_by_environment(t regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ALTER COLUMN environment_id SET DEFAULT current_setting(''app.environment_id'')', t);
  EXECUTE format('ALTER TABLE %s ADD FOREIGN KEY (environment_id) REFERENCES environments ON DELETE CASCADE', t);
  EXECUTE format('ALTER TABLE %s ADD UNIQUE (environment_id, id)', t); -- so that a foreign key can carry the owner
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY environment ON %s USING (environment_id = current_setting(''app.environment_id''))', t);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO patchbay_app', t);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION own_by_project(t regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ALTER COLUMN project_id SET DEFAULT current_setting(''app.project_id'')', t);
  EXECUTE format('ALTER TABLE %s ADD FOREIGN KEY (project_id) REFERENCES projects ON DELETE CASCADE', t);
  EXECUTE format('ALTER TABLE %s ADD UNIQUE (project_id, id)', t);
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY project ON %s USING (project_id = current_setting(''app.project_id''))', t);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO patchbay_app', t);
END $$;
-- +goose StatementEnd

-- A tenant may read its own project's settings, and nothing of another's.
ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
CREATE POLICY project ON projects USING (id = current_setting('app.project_id'));
GRANT SELECT ON projects TO patchbay_app;
ALTER TABLE environments ENABLE ROW LEVEL SECURITY;
CREATE POLICY project ON environments USING (project_id = current_setting('app.project_id'));
GRANT SELECT ON environments TO patchbay_app;
