-- +goose Up
-- What became of the last looks of a trigger, and of the last requests to it.
CREATE TABLE trigger_looks (
  id             text COLLATE "C" PRIMARY KEY, -- the trigger's
  environment_id text COLLATE "C" NOT NULL,
  looks          jsonb NOT NULL                -- [{at, kind, found, new, dropped, error}], newest first
);
SELECT own_by_environment('trigger_looks');
ALTER TABLE trigger_looks ADD FOREIGN KEY (environment_id, id) REFERENCES triggers (environment_id, id) ON DELETE CASCADE;
