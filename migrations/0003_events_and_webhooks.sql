-- +goose Up
-- What happened, and the telling of it. An event and its deliveries are
-- written in the transaction in which the thing happened.

CREATE TABLE events (
  id               text COLLATE "C" PRIMARY KEY,
  environment_id   text COLLATE "C" NOT NULL,
  type             text NOT NULL,
  subject_id       text COLLATE "C" NOT NULL,
  external_user_id text NOT NULL DEFAULT '', -- the customer's own id of the user
  body             text NOT NULL,            -- as it is sent: text keeps the bytes that are signed
  secret           bytea,                    -- sealed; takes the place of a mark in the body when it is sent
  hops             integer NOT NULL DEFAULT 0,
  created_at       timestamptz NOT NULL
);
SELECT own_by_environment('events');
CREATE INDEX events_of_subject ON events (environment_id, subject_id, id DESC); -- events of a trigger

CREATE TABLE webhook_endpoints (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  level          text NOT NULL CHECK (level IN ('token', 'trigger', 'project')),
  subject_id     text COLLATE "C" NOT NULL DEFAULT '', -- the trigger, for level trigger
  url            text NOT NULL,
  disabled_at    timestamptz, -- set by 410; deliveries wait
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  UNIQUE (environment_id, level, subject_id, url)
);
SELECT own_by_environment('webhook_endpoints');
CREATE UNIQUE INDEX webhook_endpoints_project ON webhook_endpoints (environment_id) WHERE level = 'project'; -- one an environment

CREATE TABLE webhook_keys (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  endpoint_id    text COLLATE "C", -- null: the environment's key, which signs for levels project and token
  key            bytea NOT NULL,   -- sealed
  created_at     timestamptz NOT NULL,
  retire_at      timestamptz       -- null: the present key
);
SELECT own_by_environment('webhook_keys');
ALTER TABLE webhook_keys ADD FOREIGN KEY (environment_id, endpoint_id) REFERENCES webhook_endpoints (environment_id, id) ON DELETE CASCADE;
CREATE UNIQUE INDEX webhook_keys_present ON webhook_keys (environment_id, COALESCE(endpoint_id, '')) WHERE retire_at IS NULL;

CREATE TABLE deliveries (
  id              text COLLATE "C" PRIMARY KEY,
  environment_id  text COLLATE "C" NOT NULL,
  event_id        text COLLATE "C" NOT NULL,
  endpoint_id     text COLLATE "C" NOT NULL,
  event_type      text NOT NULL,
  external_user_id text NOT NULL DEFAULT '',
  state           text NOT NULL CHECK (state IN ('pending', 'sending', 'delivered', 'exhausted')),
  attempts        integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL,
  lease_id        text NOT NULL DEFAULT '',
  lease_until     timestamptz,
  last_status     integer,
  last_error      text,
  created_at      timestamptz NOT NULL,
  finished_at     timestamptz,
  UNIQUE (event_id, endpoint_id),
  CHECK ((finished_at IS NOT NULL) = (state IN ('delivered', 'exhausted'))),
  CHECK ((lease_until IS NOT NULL) = (state = 'sending'))
) WITH (fillfactor = 80);
SELECT own_by_environment('deliveries');
ALTER TABLE deliveries ADD FOREIGN KEY (environment_id, event_id) REFERENCES events (environment_id, id) ON DELETE CASCADE;
ALTER TABLE deliveries ADD FOREIGN KEY (environment_id, endpoint_id) REFERENCES webhook_endpoints (environment_id, id) ON DELETE CASCADE;
CREATE INDEX deliveries_page  ON deliveries (environment_id, id DESC);                                     -- the console's list
CREATE INDEX deliveries_due   ON deliveries (endpoint_id, next_attempt_at, id) WHERE state = 'pending';    -- claim and sweep
CREATE INDEX deliveries_lease ON deliveries (endpoint_id, lease_until) WHERE state = 'sending';            -- room of an endpoint, lost leases

CREATE TABLE attempts (
  id               text COLLATE "C" PRIMARY KEY,
  environment_id   text COLLATE "C" NOT NULL,
  delivery_id      text COLLATE "C" NOT NULL,
  number           integer NOT NULL,
  started_at       timestamptz NOT NULL,
  duration_ms      integer NOT NULL,
  status           integer,
  error            text,
  response_excerpt text NOT NULL DEFAULT ''
);
SELECT own_by_environment('attempts');
ALTER TABLE attempts ADD FOREIGN KEY (environment_id, delivery_id) REFERENCES deliveries (environment_id, id) ON DELETE CASCADE;
CREATE INDEX attempts_of_delivery ON attempts (environment_id, delivery_id, id); -- a delivery's page
