-- +goose Up
-- Runs that fail are tried again by themselves, then wait as dead letters and are
-- told to a workflow. One whose event is out of date is not tried again.

ALTER TABLE runs
  ADD failures      jsonb,                          -- what was wrong at each of its attempts, the oldest first
  ADD retries       integer NOT NULL DEFAULT 0,     -- how often it went on by itself since a person had it tried again
  ADD supersede_key text NOT NULL DEFAULT '',       -- a newer run with the same key takes its place once it failed
  ADD failure_of    text COLLATE "C",               -- the run of whose failure it was told
  ADD definition    jsonb;                          -- of a test: the draft as it was
CREATE INDEX runs_superseding ON runs (workflow_id, supersede_key, id) WHERE supersede_key <> ''; -- is there a newer one
CREATE INDEX runs_dead        ON runs (finished_at) WHERE status = 'dead_lettered';               -- how old they are
CREATE INDEX runs_replayed    ON runs (replay_of) WHERE replay_of IS NOT NULL;                    -- was it replayed

-- The workflow that is told of failures in a project, where a workflow names none.
ALTER TABLE projects ADD error_workflow_id text COLLATE "C",
  ADD FOREIGN KEY (id, error_workflow_id) REFERENCES workflows (project_id, id) ON DELETE SET NULL (error_workflow_id);

-- When an environment was last told that runs that failed lie unattended.
CREATE TABLE dead_run_alerts (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL UNIQUE,
  told_at        timestamptz NOT NULL
);
SELECT own_by_environment('dead_run_alerts');

-- A run that waits to be tried again makes room for others. It keeps its lane held up
-- where runs go in their order, and queues again when its time has come.
ALTER TABLE run_places DROP CONSTRAINT run_places_state_check, ADD CHECK (state IN ('waiting', 'admitted', 'resting', 'blocked'));
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION leave_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status = 'retrying' THEN
    UPDATE run_places SET state = 'resting' WHERE id = NEW.id;
  ELSIF NEW.status IN ('failed', 'dead_lettered') THEN
    UPDATE run_places SET state = 'blocked' WHERE id = NEW.id AND blocks;
    DELETE FROM run_places WHERE id = NEW.id AND NOT blocks;
  ELSE
    DELETE FROM run_places WHERE id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
DROP TRIGGER leave_place ON runs;
CREATE TRIGGER leave_place AFTER UPDATE ON runs FOR EACH ROW
  WHEN (NEW.placed AND (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL OR OLD.status <> 'retrying' AND NEW.status = 'retrying')) EXECUTE FUNCTION leave_place();
