-- +goose Up
-- A workflow may have a key of its owner's choice; a version says who made it and
-- why; and a share of the runs may go to another version than the running one.
ALTER TABLE workflows
  ADD key text COLLATE "C" CHECK (key ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  ADD canary_version integer NOT NULL DEFAULT 0,  -- 0 = none
  ADD canary_percent integer NOT NULL DEFAULT 0 CHECK (canary_percent BETWEEN 0 AND 100),
  ADD UNIQUE (key, project_id);
ALTER TABLE workflow_versions
  ADD author text NOT NULL DEFAULT '',
  ADD message text NOT NULL DEFAULT '' CHECK (char_length(message) <= 500);
