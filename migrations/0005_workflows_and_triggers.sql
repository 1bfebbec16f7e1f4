-- +goose Up
-- Workflows and their runs, deployed triggers, and the HTTP endpoints of both.

CREATE TABLE http_endpoints (
  id             text COLLATE "C" PRIMARY KEY, -- en… or eo…: a host label
  project_id     text COLLATE "C" NOT NULL REFERENCES projects ON DELETE CASCADE,
  environment_id text COLLATE "C" REFERENCES environments ON DELETE CASCADE, -- null: the caller chooses
  target_id      text COLLATE "C" NOT NULL UNIQUE -- the workflow or the trigger
);
ALTER TABLE http_endpoints ENABLE ROW LEVEL SECURITY;
CREATE POLICY project ON http_endpoints USING (project_id = current_setting('app.project_id'));
GRANT SELECT, INSERT, DELETE ON http_endpoints TO patchbay_app;
ALTER TABLE http_endpoints ALTER COLUMN project_id SET DEFAULT current_setting('app.project_id');

CREATE TABLE workflows (
  id            text COLLATE "C" PRIMARY KEY,
  project_id    text COLLATE "C" NOT NULL,
  name          text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
  active        boolean NOT NULL DEFAULT false,
  version       integer NOT NULL DEFAULT 0, -- the running one; 0 = never deployed
  draft         jsonb NOT NULL,
  endpoint_id   text COLLATE "C" NOT NULL,
  bearer_hash   bytea,
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL
);
SELECT own_by_project('workflows');
CREATE INDEX workflows_page ON workflows (project_id, id DESC); -- list of workflows

CREATE TABLE workflow_versions (
  id          text COLLATE "C" PRIMARY KEY,
  project_id  text COLLATE "C" NOT NULL,
  workflow_id text COLLATE "C" NOT NULL,
  version     integer NOT NULL,
  definition  jsonb NOT NULL,
  created_at  timestamptz NOT NULL,
  UNIQUE (workflow_id, version)
);
SELECT own_by_project('workflow_versions');
ALTER TABLE workflow_versions ADD FOREIGN KEY (project_id, workflow_id) REFERENCES workflows (project_id, id) ON DELETE CASCADE;
REVOKE UPDATE ON workflow_versions FROM patchbay_app; -- a version never changes

CREATE TABLE runs (
  id               text COLLATE "C" PRIMARY KEY,
  environment_id   text COLLATE "C" NOT NULL,
  workflow_id      text COLLATE "C" NOT NULL REFERENCES workflows ON DELETE CASCADE,
  workflow_name    text NOT NULL,
  version          integer NOT NULL,
  status           text NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'ended')),
  external_user_id text,
  input            text NOT NULL, -- the triggering event, JSON
  error            jsonb,
  response         text,          -- of the respond step, JSON
  lease_id         text NOT NULL DEFAULT '',
  lease_until      timestamptz NOT NULL,
  created_at       timestamptz NOT NULL,
  started_at       timestamptz,
  finished_at      timestamptz,
  CHECK ((finished_at IS NULL) = (status IN ('queued', 'running')))
);
SELECT own_by_environment('runs');
CREATE INDEX runs_page ON runs (environment_id, id DESC);               -- the console's list
CREATE INDEX runs_of_workflow ON runs (workflow_id, id DESC);           -- a workflow's runs, and its deletion
CREATE INDEX runs_due  ON runs (lease_until) WHERE finished_at IS NULL; -- the sweeper

CREATE TABLE run_steps (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  run_id         text COLLATE "C" NOT NULL,
  position       integer NOT NULL,
  name           text NOT NULL,
  type           text NOT NULL,
  status         text NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'ended')),
  input          text,
  output         text,
  error          jsonb,
  started_at     timestamptz NOT NULL,
  finished_at    timestamptz,
  UNIQUE (run_id, position)
);
SELECT own_by_environment('run_steps');
ALTER TABLE run_steps ADD FOREIGN KEY (environment_id, run_id) REFERENCES runs (environment_id, id) ON DELETE CASCADE;

CREATE TABLE triggers (
  id               text COLLATE "C" PRIMARY KEY, -- hi_… for HTTP
  environment_id   text COLLATE "C" NOT NULL,
  user_id          text COLLATE "C" NOT NULL,
  component_key    text NOT NULL,
  name             text NOT NULL,
  active           boolean NOT NULL DEFAULT true,
  emit_on_deploy   boolean NOT NULL DEFAULT true,
  configured_props jsonb NOT NULL,
  endpoint_id      text COLLATE "C" NOT NULL,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL
);
SELECT own_by_environment('triggers');
ALTER TABLE triggers ADD FOREIGN KEY (environment_id, user_id) REFERENCES external_users (environment_id, id) ON DELETE CASCADE;
CREATE INDEX triggers_of_user ON triggers (environment_id, user_id, id DESC); -- list of a user's triggers

-- A trigger's address and its webhooks go with it, also when it goes because
-- its user does: nothing may be told of somebody who was deleted.
-- +goose StatementBegin
CREATE FUNCTION forget_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM http_endpoints WHERE target_id = OLD.id;
  DELETE FROM webhook_endpoints WHERE environment_id = OLD.environment_id AND level = 'trigger' AND subject_id = OLD.id;
  RETURN OLD;
END $$;
-- +goose StatementEnd
CREATE TRIGGER forget_trigger AFTER DELETE ON triggers FOR EACH ROW EXECUTE FUNCTION forget_trigger();
