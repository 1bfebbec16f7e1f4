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
  package      text COLLATE "C",                                 -- of code: the name of its package
  bundle       text COLLATE "C",                                 -- and the content of that
  described    jsonb,                                            -- and what it said of itself when it was installed
  author       text NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, key, version),
  CHECK ((source IS NULL) = (bundle IS NOT NULL AND package IS NOT NULL AND described IS NOT NULL))
);
SELECT own_by_workspace('components');
REVOKE UPDATE ON components FROM patchbay_app;

-- What packages hold, by the SHA-256 of it.
CREATE TABLE component_bundles (
  workspace_id text COLLATE "C" NOT NULL,
  sha256       text COLLATE "C" NOT NULL,
  size         bigint NOT NULL,
  content      bytea,                     -- a .tgz; null: it lies in the store of blobs
  created_at   timestamptz NOT NULL,      -- when it was last sent
  PRIMARY KEY (workspace_id, sha256)
);
SELECT own_by_workspace('component_bundles');
CREATE INDEX component_bundles_sha256 ON component_bundles (sha256); -- a process that has not unpacked it

-- Packages that were installed, each in its newest version.
CREATE TABLE component_packages (
  workspace_id text COLLATE "C" NOT NULL,
  name         text COLLATE "C" NOT NULL,
  version      text NOT NULL,
  bundle       text COLLATE "C" NOT NULL,
  license      text NOT NULL,             -- as the package names it; '' = it names none
  accepted_at  timestamptz,               -- when its license was; null: it needed no accepting
  author       text NOT NULL,             -- who installed it, and accepted that
  refused      jsonb NOT NULL,            -- modules that are no components, and why
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, name),
  FOREIGN KEY (workspace_id, bundle) REFERENCES component_bundles
);
SELECT own_by_workspace('component_packages');
ALTER TABLE components ADD FOREIGN KEY (workspace_id, bundle) REFERENCES component_bundles;

-- Triggers belong to environments, and components to the workspace above them:
-- this looks into all of the caller's own workspace, and tells no more than how
-- many triggers there are of its own components, by version.
-- +goose StatementBegin
CREATE FUNCTION component_triggers() RETURNS TABLE (key text, version text, triggers bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT t.component_key, t.version, count(*) FROM projects p JOIN environments e ON e.project_id = p.id JOIN triggers t ON t.environment_id = e.id
    WHERE p.workspace_id = current_setting('app.workspace_id') AND t.component_key LIKE '~/%' GROUP BY 1, 2
$$;
-- +goose StatementEnd
