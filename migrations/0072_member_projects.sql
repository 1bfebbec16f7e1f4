-- +goose Up
-- A member is in every project of a workspace, or in those that are named, and
-- may have another role in one.
ALTER TABLE members
  ADD all_projects boolean NOT NULL DEFAULT true,
  ADD CHECK (all_projects OR role IN ('developer', 'viewer'));

CREATE TABLE member_projects (
  member_id  text COLLATE "C" NOT NULL REFERENCES members ON DELETE CASCADE,
  project_id text COLLATE "C" NOT NULL REFERENCES projects ON DELETE CASCADE,
  role       text NOT NULL CHECK (role IN ('admin', 'developer', 'viewer')),
  PRIMARY KEY (member_id, project_id)
);
ALTER TABLE member_projects ENABLE ROW LEVEL SECURITY; -- a tenant has no right to it
CREATE POLICY project ON member_projects USING (project_id = current_setting('app.project_id'));

-- Somebody who was asked to come in. What became of it is in the audit log.
CREATE TABLE invitations (
  id           text COLLATE "C" PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  email        text NOT NULL,
  role         text NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'viewer')),
  all_projects boolean NOT NULL,
  projects     jsonb NOT NULL, -- [{project_id, role}]
  token_hash   bytea NOT NULL UNIQUE,
  invited_by   text NOT NULL, -- as the audit log names them
  mailed_at    timestamptz, -- NULL = no e-mail went out
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL
);
CREATE UNIQUE INDEX invitations_email ON invitations (workspace_id, lower(email)); -- one for each person, and the list
