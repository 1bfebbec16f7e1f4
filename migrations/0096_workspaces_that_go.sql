-- +goose Up
-- A workspace that is to be deleted. Until its time is over any owner can take it
-- back; then a worker has its projects go, and in the end the row.
ALTER TABLE workspaces
  ADD deletion_asked_at timestamptz,
  ADD deletion_by       text, -- who asked, as the audit log names them
  ADD deletes_at        timestamptz, -- from then on nobody takes it back
  ADD deletion_told_at  timestamptz, -- when its owners were written to
  ADD CHECK ((deletion_asked_at IS NULL) = (deletes_at IS NULL) AND (deletion_asked_at IS NULL) = (deletion_by IS NULL));
CREATE INDEX workspaces_deletes ON workspaces (deletes_at) WHERE deletes_at IS NOT NULL; -- the worker

-- Environments in which nothing begins: those of workspaces that are to be deleted.
-- Whoever claims work asks it, and so it is all but always empty.
CREATE TABLE held_environments (
  environment_id text COLLATE "C" PRIMARY KEY DEFAULT current_setting('app.environment_id') REFERENCES environments ON DELETE CASCADE
);
ALTER TABLE held_environments ENABLE ROW LEVEL SECURITY;
CREATE POLICY environment ON held_environments USING (environment_id = current_setting('app.environment_id'));
GRANT SELECT ON held_environments TO patchbay_app;
