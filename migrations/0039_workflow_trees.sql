-- +goose Up
-- A workflow's steps are a tree, so a step of a run is known by its path. A run
-- knows what started it, and counts what it is told while it waits.

ALTER TABLE runs DROP CONSTRAINT runs_status_check, DROP CONSTRAINT runs_check;
UPDATE runs SET status = 'ended_early' WHERE status = 'ended';
ALTER TABLE runs
  ADD CONSTRAINT runs_status_check CHECK (status IN ('queued', 'running', 'waiting', 'retrying', 'succeeded', 'ended_early', 'failed', 'canceled', 'dead_lettered')),
  ADD CONSTRAINT runs_check CHECK ((finished_at IS NULL) = (status IN ('queued', 'running', 'waiting', 'retrying'))),
  ADD trigger text NOT NULL DEFAULT '',                -- the name of the trigger that fired; '' = the API
  ADD signals integer NOT NULL DEFAULT 0,              -- how often something it waits for has happened
  ADD parent_id text COLLATE "C",                      -- the run whose step called it
  ADD parent_path text NOT NULL DEFAULT '',            -- that step
  ADD replay_of text COLLATE "C",                      -- the run whose event it took again
  ADD attempts integer NOT NULL DEFAULT 1,             -- how often it went on from a step that had failed, and once
  ADD trace_id text NOT NULL DEFAULT '',
  ADD test boolean NOT NULL DEFAULT false;             -- of a draft, by its maker

ALTER TABLE run_steps DROP CONSTRAINT run_steps_status_check;
UPDATE run_steps SET status = 'ended_early' WHERE status = 'ended';
ALTER TABLE run_steps
  ADD CONSTRAINT run_steps_status_check CHECK (status IN ('running', 'waiting', 'succeeded', 'ended_early', 'failed', 'canceled', 'skipped')),
  ADD path text NOT NULL DEFAULT '';
UPDATE run_steps SET path = name;
ALTER TABLE run_steps ALTER path DROP DEFAULT, DROP CONSTRAINT run_steps_run_id_position_key, ADD UNIQUE (run_id, path);

UPDATE workflows SET draft = (draft - 'trigger') || jsonb_build_object('triggers', jsonb_build_array(draft -> 'trigger')) WHERE draft ? 'trigger';
UPDATE workflow_versions SET definition = (definition - 'trigger') || jsonb_build_object('triggers', jsonb_build_array(definition -> 'trigger')) WHERE definition ? 'trigger';
