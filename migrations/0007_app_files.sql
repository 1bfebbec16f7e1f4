-- +goose Up
-- A workspace's own apps: files that stand beside the shipped ones, or over
-- them, in all its projects. The tables belong to a workspace; a transaction
-- that names it (app.workspace_id) sees its rows and no others.

-- +goose StatementBegin
CREATE FUNCTION own_by_workspace(t regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ALTER COLUMN workspace_id SET DEFAULT current_setting(''app.workspace_id'')', t);
  EXECUTE format('ALTER TABLE %s ADD FOREIGN KEY (workspace_id) REFERENCES workspaces ON DELETE CASCADE', t);
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY workspace ON %s USING (workspace_id = current_setting(''app.workspace_id''))', t);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO patchbay_app', t);
END $$;
-- +goose StatementEnd

-- What a process that holds a workspace's apps in memory looks at, to learn
-- whether they are still the same. Its row is also the lock of those who change them.
CREATE TABLE catalogs (
  workspace_id text COLLATE "C" PRIMARY KEY,
  revision     bigint NOT NULL -- grows with every change
);
SELECT own_by_workspace('catalogs');

-- Every version of every file. The newest serves; one without a source says
-- that the file was taken away.
CREATE TABLE app_files (
  workspace_id text COLLATE "C" NOT NULL,
  slug         text COLLATE "C" NOT NULL,
  version      integer NOT NULL CHECK (version > 0),
  source       text CHECK (octet_length(source) <= 262144),
  fixtures     jsonb NOT NULL, -- recorded answers, by file name
  author       text NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, slug, version)
);
SELECT own_by_workspace('app_files');
REVOKE UPDATE, DELETE ON app_files FROM patchbay_app; -- history is added to

CREATE TABLE app_logos (
  id           text COLLATE "C" PRIMARY KEY, -- stands in the logo's address
  workspace_id text COLLATE "C" NOT NULL,
  slug         text COLLATE "C" NOT NULL,
  type         text NOT NULL CHECK (type IN ('image/svg+xml', 'image/png')),
  content      bytea NOT NULL CHECK (octet_length(content) <= 65536),
  created_at   timestamptz NOT NULL,
  UNIQUE (workspace_id, slug)
);
SELECT own_by_workspace('app_logos');

-- Accounts belong to environments, and an app's file to the workspace above
-- them: this looks into all of the caller's own workspace, and tells no more
-- than how many accounts of an app there are by each method.
-- +goose StatementBegin
CREATE FUNCTION app_accounts(slug text) RETURNS TABLE (auth text, accounts bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT a.auth, count(*) FROM projects p JOIN environments e ON e.project_id = p.id JOIN accounts a ON a.environment_id = e.id
    WHERE p.workspace_id = current_setting('app.workspace_id') AND a.app = app_accounts.slug GROUP BY a.auth
$$;
-- +goose StatementEnd
