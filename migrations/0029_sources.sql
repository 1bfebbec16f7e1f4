-- +goose Up
-- Triggers that look for what is new at an app.

ALTER TABLE triggers
  ALTER endpoint_id DROP NOT NULL,          -- null: nobody calls it
  ADD version text NOT NULL DEFAULT '';     -- of its component

-- What a source remembers, and when it looks again. It is written at every look,
-- which is why it is no part of the trigger's row.
CREATE TABLE trigger_sources (
  id             text COLLATE "C" PRIMARY KEY, -- the trigger's
  environment_id text COLLATE "C" NOT NULL,
  every          integer NOT NULL CHECK (every >= 1), -- seconds
  props          jsonb NOT NULL DEFAULT '[]',         -- the dynamic ones it was deployed with
  due_at         timestamptz NOT NULL,
  lease_id       text NOT NULL DEFAULT '',
  lease_until    timestamptz NOT NULL,
  state          jsonb NOT NULL DEFAULT '{}',
  seen           jsonb NOT NULL DEFAULT '{}',
  looked_at      timestamptz,                         -- last, with success
  failures       integer NOT NULL DEFAULT 0,          -- in a row
  failing_since  timestamptz,
  error          text                                 -- of the last failure
);
SELECT own_by_environment('trigger_sources');
ALTER TABLE trigger_sources ADD FOREIGN KEY (environment_id, id) REFERENCES triggers (environment_id, id) ON DELETE CASCADE;
CREATE INDEX trigger_sources_due ON trigger_sources (due_at); -- the poller
