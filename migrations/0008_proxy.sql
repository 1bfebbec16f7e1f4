-- +goose Up
-- Calls through the proxy: their log, what a project says of them, and limits
-- that a customer makes for its own users.

ALTER TABLE projects
  ADD COLUMN proxy_hosts      jsonb   NOT NULL DEFAULT '[]',   -- further narrows an app's own hosts; [] = those
  ADD COLUMN proxy_log_bodies boolean NOT NULL DEFAULT false;

CREATE TABLE rate_limits (
  id             text COLLATE "C" PRIMARY KEY,
  workspace_id   text COLLATE "C" NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  token_hash     bytea NOT NULL UNIQUE,
  window_seconds integer NOT NULL CHECK (window_seconds BETWEEN 1 AND 86400),
  requests       integer NOT NULL CHECK (requests BETWEEN 1 AND 1000000),
  created_at     timestamptz NOT NULL
);

-- Written in batches of hundreds, so it has no more indexes than its lists need.
CREATE TABLE proxy_requests (
  id               text COLLATE "C" NOT NULL,
  environment_id   text COLLATE "C" NOT NULL,
  request_id       text NOT NULL, -- as in the answer's header
  account_id       text COLLATE "C" NOT NULL, -- as the caller named it: there may be no such account
  external_user_id text NOT NULL,
  app              text NOT NULL,
  method           text NOT NULL,
  host             text NOT NULL,
  path             text NOT NULL, -- with the names of the query's parameters, never their values
  status           integer NOT NULL,
  error            text, -- our code; NULL = the app's own answer
  duration_ms      integer NOT NULL,
  bytes_in         bigint NOT NULL,
  bytes_out        bigint NOT NULL,
  refreshed        boolean NOT NULL,
  retried          boolean NOT NULL,
  redirects        integer NOT NULL,
  bodies           bytea, -- sealed
  created_at       timestamptz NOT NULL
);
SELECT own_by_environment('proxy_requests'); -- its unique key is the list's index, too
CREATE INDEX proxy_requests_of_account ON proxy_requests (environment_id, account_id, id DESC);
CREATE INDEX proxy_requests_age        ON proxy_requests USING brin (created_at); -- the end of their keeping
CREATE INDEX proxy_requests_sealed     ON proxy_requests (id) WHERE bodies IS NOT NULL; -- a rotation of keys
