-- +goose Up
-- From where the console of a workspace may be used: address prefixes, with
-- commas between them; '' = from everywhere. They are read with the workspace.
ALTER TABLE workspaces
  ADD COLUMN allowed_addresses    text NOT NULL DEFAULT '',
  ADD COLUMN addresses_changed_at timestamptz; -- NULL = never

-- When a session was last refused for its address, and which that was: the log
-- is told of it now and then, and not with each request.
ALTER TABLE sessions
  ADD COLUMN refused_at   timestamptz,
  ADD COLUMN refused_from text NOT NULL DEFAULT '';
