-- +goose Up
-- What components and customers keep to find it again, and the runs of actions.

-- A store holds records by key. Data stores have a name; each of the other scopes
-- has one store for each of its subjects, which is made when it is first written to.
CREATE TABLE stores (
  id             text COLLATE "C" PRIMARY KEY, -- ds_…
  environment_id text COLLATE "C" NOT NULL,
  scope          text NOT NULL CHECK (scope IN ('data_store', 'project', 'user', 'trigger', 'execution')),
  subject        text COLLATE "C" NOT NULL, -- a data store's name, the id of a user, trigger or run; '' = the project
  user_id        text COLLATE "C",
  trigger_id     text COLLATE "C",
  records        integer NOT NULL DEFAULT 0, -- with those that are over and not swept yet
  bytes          bigint NOT NULL DEFAULT 0,
  expires_at     timestamptz, -- of an execution
  created_at     timestamptz NOT NULL,
  CHECK ((user_id IS NOT NULL) = (scope = 'user') AND (trigger_id IS NOT NULL) = (scope = 'trigger'))
);
SELECT own_by_environment('stores');
ALTER TABLE stores ADD UNIQUE (subject, scope, environment_id);
ALTER TABLE stores ADD FOREIGN KEY (environment_id, user_id) REFERENCES external_users (environment_id, id) ON DELETE CASCADE;
ALTER TABLE stores ADD FOREIGN KEY (environment_id, trigger_id) REFERENCES triggers (environment_id, id) ON DELETE CASCADE;
CREATE INDEX stores_of_user ON stores (environment_id, user_id) WHERE user_id IS NOT NULL;          -- its deletion
CREATE INDEX stores_of_trigger ON stores (environment_id, trigger_id) WHERE trigger_id IS NOT NULL; -- its deletion
CREATE INDEX stores_over ON stores (expires_at) WHERE expires_at IS NOT NULL;                       -- the sweeper

CREATE TABLE store_records (
  environment_id text COLLATE "C" NOT NULL DEFAULT current_setting('app.environment_id'),
  store_id       text COLLATE "C" NOT NULL,
  key            text COLLATE "C" NOT NULL,
  value          text NOT NULL,    -- JSON
  size           integer NOT NULL, -- bytes of key and value
  version        bigint NOT NULL,  -- grows with each change, also when the key went and came again
  expires_at     timestamptz,
  updated_at     timestamptz NOT NULL,
  PRIMARY KEY (environment_id, store_id, key),
  FOREIGN KEY (environment_id, store_id) REFERENCES stores (environment_id, id) ON DELETE CASCADE
);
ALTER TABLE store_records ENABLE ROW LEVEL SECURITY;
CREATE POLICY environment ON store_records USING (environment_id = current_setting('app.environment_id'));
GRANT SELECT, INSERT, UPDATE, DELETE ON store_records TO patchbay_app;
CREATE INDEX store_records_over ON store_records (expires_at) WHERE expires_at IS NOT NULL; -- the sweeper

-- Runs of actions. What nobody waits for is written behind its back, in batches;
-- a run that has an idempotency key or goes on in the background is a row first.
CREATE TABLE action_runs (
  id                text COLLATE "C" PRIMARY KEY, -- arun_…
  environment_id    text COLLATE "C" NOT NULL,
  component_key     text NOT NULL,
  component_version text NOT NULL,
  app               text NOT NULL,             -- slug; '' = none
  account_id        text COLLATE "C" NOT NULL, -- '' = none
  external_user_id  text NOT NULL,
  status            text NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'canceled', 'unknown')),
  background        boolean NOT NULL,
  digest            bytea NOT NULL, -- of what was asked, under the run's id
  failure           jsonb,
  input             bytea, -- sealed
  value             bytea, -- sealed
  logs              bytea, -- sealed
  idempotency_key   text COLLATE "C",
  kept_until        timestamptz, -- until then the answer is kept, and the key good
  keeps             boolean NOT NULL, -- whether the project keeps what went in and came out
  attempts          integer NOT NULL DEFAULT 0,
  lease_id          text NOT NULL DEFAULT '',
  lease_until       timestamptz,
  cancel_at         timestamptz, -- when somebody asked for it to stop
  created_at        timestamptz NOT NULL,
  started_at        timestamptz,
  finished_at       timestamptz,
  CHECK ((finished_at IS NULL) = (status IN ('queued', 'running')))
);
SELECT own_by_environment('action_runs'); -- its unique key is the list's index, too
CREATE UNIQUE INDEX action_runs_key  ON action_runs (environment_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX action_runs_of_component ON action_runs (environment_id, component_key, id DESC);
CREATE INDEX action_runs_of_user     ON action_runs (environment_id, external_user_id, id DESC);
CREATE INDEX action_runs_of_account  ON action_runs (environment_id, account_id, id DESC) WHERE account_id <> '';
CREATE INDEX action_runs_queued      ON action_runs (environment_id, id) WHERE status = 'queued';    -- the workers
CREATE INDEX action_runs_leases      ON action_runs (lease_until) WHERE status = 'running';          -- those of dead processes
CREATE INDEX action_runs_kept        ON action_runs (kept_until) WHERE kept_until IS NOT NULL;       -- the end of an answer's keeping
CREATE INDEX action_runs_age         ON action_runs USING brin (created_at);                         -- and of the run's
ALTER TABLE projects ADD COLUMN action_log_values boolean NOT NULL DEFAULT false;
