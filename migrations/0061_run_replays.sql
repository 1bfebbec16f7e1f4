-- +goose Up
-- Running again what ran, in the order of its events and at a rate. A replay goes
-- on at its cursor, whoever died on the way.

CREATE TABLE run_replays (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  status         text NOT NULL CHECK (status IN ('running', 'paused', 'finished', 'cancelled')),
  filter         jsonb NOT NULL,
  version        text NOT NULL,                -- same | newest | a number
  from_step      text NOT NULL DEFAULT '',     -- '' = from the start
  again          boolean NOT NULL,             -- also what a replay has brought to a good end
  rate           integer NOT NULL CHECK (rate BETWEEN 1 AND 1000), -- a second
  total          integer NOT NULL,
  done           integer NOT NULL DEFAULT 0,   -- looked at
  started        integer NOT NULL DEFAULT 0,   -- of these, run again
  refused        integer NOT NULL DEFAULT 0,   -- of these, could not be run again
  cursor         text COLLATE "C" NOT NULL DEFAULT '',
  next_at        timestamptz NOT NULL,         -- when the next of them is due
  created_at     timestamptz NOT NULL,
  finished_at    timestamptz,
  CHECK ((finished_at IS NULL) = (status IN ('running', 'paused')))
);
SELECT own_by_environment('run_replays');
CREATE INDEX run_replays_due ON run_replays (next_at) WHERE status = 'running'; -- sweep
