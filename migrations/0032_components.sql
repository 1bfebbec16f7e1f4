-- +goose Up
-- A workspace's own components, each in its versions. A version does not change;
-- one that is being worked on (…-dev) is taken away and written anew.
CREATE TABLE components (
  workspace_id text COLLATE "C" NOT NULL,
  key          text COLLATE "C" NOT NULL CHECK (key LIKE '~/%'), -- no key that ships
  version      text COLLATE "C" NOT NULL,                        -- semver
  type         text NOT NULL CHECK (type IN ('action', 'trigger')),
  app          text COLLATE "C" NOT NULL,                        -- slug; '' = it needs none
  source       text CHECK (octet_length(source) <= 262144),      -- of an operation: its file
  author       text NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, key, version)
);
SELECT own_by_workspace('components');
REVOKE UPDATE ON components FROM patchbay_app;

-- Triggers belong to environments, and components to the workspace above them:
-- this looks into all of the caller's own workspace, and tells no more than how
-- many triggers there are of its own components, by version.
-- +goose StatementBegin
CREATE FUNCTION component_triggers() RETURNS TABLE (key text, version text, triggers bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT t.component_key, t.version, count(*) FROM projects p JOIN environments e ON e.project_id = p.id JOIN triggers t ON t.environment_id = e.id
    WHERE p.workspace_id = current_setting('app.workspace_id') AND t.component_key LIKE '~/%' GROUP BY 1, 2
$$;
-- +goose StatementEnd
