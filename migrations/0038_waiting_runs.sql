-- +goose Up
-- A run can wait: for a time that a step names, or to try a step again. It is a
-- row whose lease ends when its time has come.

ALTER TABLE runs DROP CONSTRAINT runs_status_check, DROP CONSTRAINT runs_check,
  ADD CONSTRAINT runs_status_check CHECK (status IN ('queued', 'running', 'waiting', 'succeeded', 'failed', 'ended')),
  ADD CONSTRAINT runs_check CHECK ((finished_at IS NULL) = (status IN ('queued', 'running', 'waiting')));
ALTER TABLE run_steps DROP CONSTRAINT run_steps_status_check,
  ADD CONSTRAINT run_steps_status_check CHECK (status IN ('running', 'waiting', 'succeeded', 'failed', 'ended')),
  ADD attempts integer NOT NULL DEFAULT 1,
  ADD wake_at timestamptz; -- of a step that waits
