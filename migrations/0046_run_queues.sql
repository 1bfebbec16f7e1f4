-- +goose Up
-- Runs that wait for their turn. A run of a workflow with limits, or whose queue is
-- paused, has a place, and no worker sees it before it is let in: its lease ends in
-- the year 9999. Runs of other workflows have none.

ALTER TABLE workflows ADD paused_in jsonb NOT NULL DEFAULT '[]'; -- the environments in which its queue is paused

CREATE TABLE run_queues (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  workflow_id    text COLLATE "C" NOT NULL REFERENCES workflows ON DELETE CASCADE,
  paused_at      timestamptz,
  paused_because text NOT NULL DEFAULT '',
  served         text COLLATE "C",            -- the lane that was let in last: the next one is next
  tokens         double precision,            -- how many runs may begin; null = as many as the limit says
  tokens_at      timestamptz,
  UNIQUE (workflow_id, environment_id)
);
SELECT own_by_environment('run_queues');

CREATE TABLE run_places (
  id             text COLLATE "C" PRIMARY KEY, -- the run
  environment_id text COLLATE "C" NOT NULL,
  workflow_id    text COLLATE "C" NOT NULL,
  lane           text COLLATE "C" NOT NULL,    -- runs in one lane are let in in their order
  slot           text COLLATE "C" NOT NULL,    -- by what they are counted
  blocks         boolean NOT NULL,             -- whether it holds its lane up when it has failed
  state          text NOT NULL CHECK (state IN ('waiting', 'admitted', 'blocked')),
  created_at     timestamptz NOT NULL
);
SELECT own_by_environment('run_places');
ALTER TABLE run_places ADD FOREIGN KEY (environment_id, id) REFERENCES runs (environment_id, id) ON DELETE CASCADE;
CREATE INDEX run_places_waiting ON run_places (workflow_id, environment_id, lane, id) WHERE state = 'waiting';
CREATE INDEX run_places_held ON run_places (workflow_id, environment_id, lane) WHERE state <> 'waiting';
CREATE INDEX run_places_slots ON run_places (workflow_id, environment_id, slot) WHERE state = 'admitted';

ALTER TABLE runs ADD placed boolean NOT NULL DEFAULT false; -- it has a place

-- Whoever ends a run gives its place up, in the same transaction; one that failed and
-- is taken up again has its place again, if it kept it.
-- +goose StatementBegin
CREATE FUNCTION leave_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.finished_at IS NULL THEN
    UPDATE run_places SET state = 'admitted' WHERE id = NEW.id AND state = 'blocked';
  ELSIF NEW.status IN ('failed', 'dead_lettered') THEN
    UPDATE run_places SET state = 'blocked' WHERE id = NEW.id AND blocks;
    DELETE FROM run_places WHERE id = NEW.id AND NOT blocks;
  ELSE
    DELETE FROM run_places WHERE id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER leave_place AFTER UPDATE ON runs FOR EACH ROW
  WHEN (NEW.placed AND (OLD.finished_at IS NULL) <> (NEW.finished_at IS NULL)) EXECUTE FUNCTION leave_place();
