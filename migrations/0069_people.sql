-- +goose Up
-- A person signs in once and is a member of any number of workspaces, in each
-- with a role. Until now a member was a person, of one workspace.
CREATE TABLE people (
  id            text COLLATE "C" PRIMARY KEY,
  email         text NOT NULL,
  name          text NOT NULL,
  password_hash text NOT NULL DEFAULT '', -- argon2id, in the PHC string format; '' = none
  created_at    timestamptz NOT NULL
);
INSERT INTO people SELECT id, email, name, password_hash, created_at FROM members;
CREATE UNIQUE INDEX people_email ON people (lower(email)); -- sign-in

ALTER TABLE members
  ADD person_id text COLLATE "C" REFERENCES people ON DELETE CASCADE,
  ADD role      text NOT NULL DEFAULT 'owner' CHECK (role IN ('owner', 'admin', 'developer', 'viewer'));
UPDATE members SET person_id = id;
ALTER TABLE members
  ALTER person_id SET NOT NULL, ALTER role DROP DEFAULT,
  DROP email, DROP name, DROP password_hash,
  ADD UNIQUE (person_id, workspace_id); -- sign-in, too
CREATE INDEX members_page ON members (workspace_id, id); -- list of members

ALTER TABLE sessions
  ADD person_id    text COLLATE "C" REFERENCES people ON DELETE CASCADE,
  ADD workspace_id text COLLATE "C" REFERENCES workspaces ON DELETE SET NULL; -- which is open
UPDATE sessions SET person_id = member_id;
ALTER TABLE sessions ALTER person_id SET NOT NULL, DROP member_id;

ALTER TABLE sign_in_links ADD person_id text COLLATE "C" REFERENCES people ON DELETE CASCADE;
UPDATE sign_in_links SET person_id = member_id;
ALTER TABLE sign_in_links ALTER person_id SET NOT NULL, DROP member_id;
