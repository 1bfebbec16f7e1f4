-- +goose Up
-- Deployed triggers that start workflows: those that a workflow's running version
-- asks for, and those of which whoever deployed them says so.

ALTER TABLE triggers ADD live_id text COLLATE "C"; -- wt_…: that asks for it; null: nobody's. It may be gone: then the trigger is to go, too
CREATE UNIQUE INDEX triggers_live ON triggers (live_id, user_id) WHERE live_id IS NOT NULL;

CREATE TABLE trigger_workflows (
  environment_id text COLLATE "C" NOT NULL DEFAULT current_setting('app.environment_id') REFERENCES environments ON DELETE CASCADE,
  trigger_id     text COLLATE "C" NOT NULL,
  workflow_id    text COLLATE "C" NOT NULL REFERENCES workflows ON DELETE CASCADE,
  PRIMARY KEY (trigger_id, workflow_id)
);
ALTER TABLE trigger_workflows ENABLE ROW LEVEL SECURITY;
CREATE POLICY environment ON trigger_workflows USING (environment_id = current_setting('app.environment_id'));
GRANT SELECT, INSERT, UPDATE, DELETE ON trigger_workflows TO patchbay_app;
ALTER TABLE trigger_workflows ADD FOREIGN KEY (environment_id, trigger_id) REFERENCES triggers (environment_id, id) ON DELETE CASCADE;
CREATE INDEX trigger_workflows_of_workflow ON trigger_workflows (workflow_id);       -- its deletion
CREATE INDEX trigger_workflows_of_environment ON trigger_workflows (environment_id); -- its deletion
