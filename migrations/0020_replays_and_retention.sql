-- +goose Up
-- What was sent and what was not: lists that stay fast with millions of rows,
-- what was given up, and sending again.

-- An unsent delivery that nobody wants any more is discarded.
ALTER TABLE deliveries
  DROP CONSTRAINT deliveries_state_check,
  DROP CONSTRAINT deliveries_check,
  ADD CONSTRAINT deliveries_state_check CHECK (state IN ('pending', 'sending', 'delivered', 'exhausted', 'discarded')),
  ADD CONSTRAINT deliveries_finished_check CHECK ((finished_at IS NOT NULL) = (state IN ('delivered', 'exhausted', 'discarded')));

-- Each row of this table is written three times, so an index of all of them is
-- dear: the list is read by UNIQUE (environment_id, id), backwards, and what is
-- rare has an index of its own.
DROP INDEX deliveries_page;
CREATE INDEX deliveries_of_endpoint ON deliveries (environment_id, endpoint_id, id);                                           -- an endpoint's list, and its end
CREATE INDEX deliveries_dead        ON deliveries (environment_id, id) WHERE state = 'exhausted';                              -- dead letters
CREATE INDEX deliveries_failed      ON deliveries (environment_id, last_error, id) WHERE last_error IS NOT NULL;               -- the list by class
CREATE INDEX deliveries_rare        ON deliveries (environment_id, event_type, id) WHERE event_type <> 'trigger.emitted';      -- the list by type
CREATE INDEX events_of_user         ON events (environment_id, external_user_id, id DESC) WHERE external_user_id <> '';        -- what a user's list is read by

ALTER TABLE deliveries ADD forgiven integer NOT NULL DEFAULT 0; -- attempts before it was replayed: the ladder begins anew behind them

-- Sending again what was sent, or what never was, in the order of its making
-- and at a rate. A replay goes on at its cursor, whoever died on the way.
CREATE TABLE replays (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  status         text NOT NULL CHECK (status IN ('running', 'paused', 'finished', 'cancelled')),
  filter         jsonb NOT NULL,
  endpoint_id    text COLLATE "C",             -- events go to this endpoint; null: deliveries go where they went
  again          boolean NOT NULL,             -- also what has arrived at endpoint_id
  rate           integer NOT NULL CHECK (rate BETWEEN 1 AND 1000), -- a second
  total          integer NOT NULL,
  done           integer NOT NULL DEFAULT 0,   -- looked at
  queued         integer NOT NULL DEFAULT 0,   -- of these, to be sent
  cursor         text COLLATE "C" NOT NULL DEFAULT '',
  next_at        timestamptz NOT NULL,         -- when the next of them is due
  created_at     timestamptz NOT NULL,
  finished_at    timestamptz,
  CHECK ((finished_at IS NULL) = (status IN ('running', 'paused')))
);
SELECT own_by_environment('replays');
ALTER TABLE replays ADD FOREIGN KEY (environment_id, endpoint_id) REFERENCES webhook_endpoints (environment_id, id) ON DELETE CASCADE;
CREATE INDEX replays_due         ON replays (next_at) WHERE status = 'running';               -- sweep
CREATE INDEX replays_of_endpoint ON replays (environment_id, endpoint_id) WHERE endpoint_id IS NOT NULL; -- its end

-- When an environment was last told that its dead letters grow old.
CREATE TABLE dead_letter_alerts (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL UNIQUE,
  told_at        timestamptz NOT NULL
);
SELECT own_by_environment('dead_letter_alerts');
