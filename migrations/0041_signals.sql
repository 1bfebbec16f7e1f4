-- +goose Up
-- What workflows have for one user; what a run waits for that comes from outside;
-- and the runs that a run called.

-- A user's own copy of a workflow: switched on or off, with its settings.
CREATE TABLE instances (
  id             text COLLATE "C" PRIMARY KEY, -- inst_…
  environment_id text COLLATE "C" NOT NULL,
  workflow_id    text COLLATE "C" NOT NULL REFERENCES workflows ON DELETE CASCADE,
  user_id        text COLLATE "C" NOT NULL,
  active         boolean NOT NULL,
  config         jsonb NOT NULL,
  accounts       jsonb NOT NULL, -- which of the user's accounts is used for an app
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL
);
SELECT own_by_environment('instances');
ALTER TABLE instances ADD FOREIGN KEY (environment_id, user_id) REFERENCES external_users (environment_id, id) ON DELETE CASCADE;
CREATE UNIQUE INDEX instances_of_user ON instances (user_id, workflow_id, environment_id); -- who it is for, and the user's deletion
CREATE INDEX instances_of_workflow ON instances (workflow_id, id DESC);                    -- lists, and the workflow's deletion

-- Workflows and instances have a store each.
ALTER TABLE stores DROP CONSTRAINT stores_scope_check, DROP CONSTRAINT stores_check,
  ADD workflow_id text COLLATE "C" REFERENCES workflows ON DELETE CASCADE,
  ADD instance_id text COLLATE "C",
  ADD CONSTRAINT stores_scope_check CHECK (scope IN ('data_store', 'project', 'user', 'workflow', 'instance', 'trigger', 'execution')),
  ADD CONSTRAINT stores_check CHECK ((user_id IS NOT NULL) = (scope = 'user') AND (workflow_id IS NOT NULL) = (scope = 'workflow')
    AND (instance_id IS NOT NULL) = (scope = 'instance') AND (trigger_id IS NOT NULL) = (scope = 'trigger')),
  ADD FOREIGN KEY (environment_id, instance_id) REFERENCES instances (environment_id, id) ON DELETE CASCADE;
CREATE INDEX stores_of_workflow ON stores (workflow_id) WHERE workflow_id IS NOT NULL; -- its deletion
CREATE INDEX stores_of_instance ON stores (instance_id) WHERE instance_id IS NOT NULL; -- its deletion

-- What somebody answered to a step that waits: the first to come counts, be it a
-- person, a program or the end of the time.
CREATE TABLE run_answers (
  environment_id text COLLATE "C" NOT NULL DEFAULT current_setting('app.environment_id'),
  run_id         text COLLATE "C" NOT NULL,
  path           text NOT NULL, -- the step
  round          integer NOT NULL, -- of a step that waits several times
  choice         text NOT NULL CHECK (choice IN ('resume', 'cancel', 'timeout')),
  data           text, -- JSON
  answered_at    timestamptz NOT NULL,
  PRIMARY KEY (environment_id, run_id, path, round),
  FOREIGN KEY (environment_id, run_id) REFERENCES runs (environment_id, id) ON DELETE CASCADE
);
ALTER TABLE run_answers ENABLE ROW LEVEL SECURITY;
CREATE POLICY environment ON run_answers USING (environment_id = current_setting('app.environment_id'));
GRANT SELECT, INSERT, UPDATE, DELETE ON run_answers TO patchbay_app;

ALTER TABLE runs
  ADD instance jsonb,                              -- what its user had of the workflow when it began
  ADD accounts jsonb,                              -- which account is used for an app, as its caller said
  ADD parent_call text NOT NULL DEFAULT '',        -- which time the parent's step called
  ADD parent_item text COLLATE "C" NOT NULL DEFAULT '', -- which of the runs of that call it is
  ADD depth integer NOT NULL DEFAULT 0;            -- how many runs are above it
CREATE UNIQUE INDEX runs_of_parent ON runs (parent_id, parent_path, parent_call, parent_item) WHERE parent_id IS NOT NULL;
