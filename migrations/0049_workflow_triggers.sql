-- +goose Up
-- What starts a workflow by itself, as its running version says: made when it is
-- deployed, and kept from one version to the next by its name.

CREATE TABLE workflow_triggers (
  id             text COLLATE "C" PRIMARY KEY, -- wt_…
  project_id     text COLLATE "C" NOT NULL,
  workflow_id    text COLLATE "C" NOT NULL,
  name           text COLLATE "C" NOT NULL,
  type           text NOT NULL,
  environment_id text COLLATE "C" NOT NULL REFERENCES environments ON DELETE CASCADE,
  definition     jsonb NOT NULL,
  active         boolean NOT NULL DEFAULT true, -- nobody has switched it off by hand
  running        boolean NOT NULL,              -- it is on, and so are its workflow and its definition
  endpoint_id    text COLLATE "C",              -- em…: of an e-mail address
  due_at         timestamptz,                   -- of a schedule; null: never
  fired_at       timestamptz,                   -- last
  error          text,                          -- why nothing comes of it
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  UNIQUE (workflow_id, name)
);
SELECT own_by_project('workflow_triggers');
ALTER TABLE workflow_triggers ADD FOREIGN KEY (project_id, workflow_id) REFERENCES workflows (project_id, id) ON DELETE CASCADE;
CREATE INDEX workflow_triggers_due ON workflow_triggers (due_at) WHERE due_at IS NOT NULL; -- the sweeper

-- A due time, and what became of it: there is one row for each, so that it starts
-- one run. Of a schedule for each user there is one for each of them.
CREATE TABLE workflow_firings (
  id               text COLLATE "C" PRIMARY KEY, -- fir_…
  environment_id   text COLLATE "C" NOT NULL,
  trigger_id       text COLLATE "C" NOT NULL REFERENCES workflow_triggers ON DELETE CASCADE,
  due_at           timestamptz NOT NULL,
  external_user_id text NOT NULL DEFAULT '',
  state            text NOT NULL CHECK (state IN ('waiting', 'fired', 'skipped', 'refused')),
  reason           text, -- why it was skipped or refused: a code
  fire_at          timestamptz NOT NULL,
  run_id           text COLLATE "C",
  UNIQUE (trigger_id, due_at, external_user_id)
);
SELECT own_by_environment('workflow_firings');
CREATE INDEX workflow_firings_due ON workflow_firings (fire_at) WHERE state = 'waiting'; -- the sweeper
CREATE INDEX workflow_firings_over ON workflow_firings (due_at) WHERE state <> 'waiting'; -- what is forgotten

-- An address goes with its trigger.
-- +goose StatementBegin
CREATE FUNCTION forget_workflow_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM http_endpoints WHERE target_id = OLD.id;
  RETURN OLD;
END $$;
-- +goose StatementEnd
CREATE TRIGGER forget_workflow_trigger AFTER DELETE ON workflow_triggers FOR EACH ROW EXECUTE FUNCTION forget_workflow_trigger();
