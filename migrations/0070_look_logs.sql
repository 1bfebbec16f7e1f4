-- +goose Up
-- What a source that is code wrote and exported in a look, and why it failed, beside
-- the look: sealed, as the logs of actions are. Kept of a trigger's last looks alone.
CREATE TABLE trigger_look_logs (
  id             text COLLATE "C" PRIMARY KEY, -- the look's
  environment_id text COLLATE "C" NOT NULL,
  trigger_id     text COLLATE "C" NOT NULL,
  record         bytea NOT NULL
);
SELECT own_by_environment('trigger_look_logs');
ALTER TABLE trigger_look_logs ADD FOREIGN KEY (environment_id, trigger_id) REFERENCES triggers (environment_id, id) ON DELETE CASCADE;
CREATE INDEX trigger_look_logs_of_trigger ON trigger_look_logs (trigger_id, id DESC);
