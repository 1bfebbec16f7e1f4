-- +goose Up
-- What the people who run a product are told, and where. A notice is written in
-- the transaction of its event, and sent afterwards by whoever holds its route.

CREATE TABLE notification_routes (
  id             text COLLATE "C" PRIMARY KEY,
  workspace_id   text COLLATE "C" NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  project_id     text COLLATE "C" REFERENCES projects ON DELETE CASCADE, -- null: all projects of the workspace
  environment    text CHECK (environment IN ('development', 'production')), -- null: both
  name           text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
  channel        text NOT NULL CHECK (channel IN ('discord', 'slack', 'teams', 'email', 'webhook')),
  target         bytea NOT NULL, -- sealed: the URL or the addresses, and the signing key
  shown          text NOT NULL,  -- the target, masked
  severities     jsonb NOT NULL,
  event_types    jsonb NOT NULL, -- one may end in *
  time_zone      text NOT NULL,
  mutes          jsonb NOT NULL, -- windows of the week, in the time zone
  muted_until    timestamptz,
  runbook_url    text NOT NULL DEFAULT '', -- '' = ours
  enabled        boolean NOT NULL,
  off_reason     text, -- the code of the sender that switched it off; null: a person did
  digest         jsonb NOT NULL,
  next_digest_at timestamptz, -- null: no digest
  digest_from    timestamptz, -- where the next digest's period begins
  breaker        text NOT NULL DEFAULT 'closed' CHECK (breaker IN ('closed', 'open')), -- open and its time is over: one message tries
  open_until     timestamptz,
  open_level     integer NOT NULL DEFAULT 0, -- how often in a row it opened
  failures       integer NOT NULL DEFAULT 0, -- in a row
  wait_until     timestamptz,                -- the receiver asked to wait
  lease_id       text NOT NULL DEFAULT '',   -- one worker sends for a route at a time
  lease_until    timestamptz,
  last_sent_at   timestamptz,
  last_error     text,
  last_detail    text NOT NULL DEFAULT '',
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  CHECK (project_id IS NOT NULL OR environment IS NULL),
  CHECK ((open_until IS NULL) = (breaker = 'closed'))
);
CREATE INDEX notification_routes_page ON notification_routes (workspace_id, id DESC);
CREATE INDEX notification_routes_digest ON notification_routes (next_digest_at) WHERE next_digest_at IS NOT NULL;
-- A project sees its own routes and those of its whole workspace.
ALTER TABLE notification_routes ENABLE ROW LEVEL SECURITY;
CREATE POLICY workspace ON notification_routes USING (
  workspace_id = (SELECT p.workspace_id FROM projects p WHERE p.id = current_setting('app.project_id'))
  AND (project_id IS NULL OR project_id = current_setting('app.project_id')));
GRANT SELECT, INSERT, UPDATE, DELETE ON notification_routes TO patchbay_app;

-- The same fault within an hour is told once, and then summed up.
CREATE TABLE notice_groups (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  route_id       text COLLATE "C" NOT NULL REFERENCES notification_routes ON DELETE CASCADE,
  key            text NOT NULL, -- type, subject and cause
  event_type     text NOT NULL,
  title          text NOT NULL,
  count          integer NOT NULL,
  first_at       timestamptz NOT NULL,
  last_at        timestamptz NOT NULL,
  until          timestamptz NOT NULL
);
SELECT own_by_environment('notice_groups');
CREATE INDEX notice_groups_open ON notice_groups (environment_id, route_id, key, until);

CREATE TABLE notices (
  id              text COLLATE "C" PRIMARY KEY,
  environment_id  text COLLATE "C" NOT NULL,
  route_id        text COLLATE "C" NOT NULL REFERENCES notification_routes ON DELETE CASCADE,
  kind            text NOT NULL CHECK (kind IN ('event', 'summary', 'digest')),
  event_id        text COLLATE "C" NOT NULL DEFAULT '', -- '' = of none
  event_type      text NOT NULL DEFAULT '',
  severity        text NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
  title           text NOT NULL DEFAULT '',
  group_id        text COLLATE "C",
  period_from     timestamptz, -- of a digest
  period_to       timestamptz,
  state           text NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'failed', 'grouped', 'muted', 'empty')),
  attempts        integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL,
  lease_id        text NOT NULL DEFAULT '',
  lease_until     timestamptz,
  code            text, -- of the last failure
  detail          text NOT NULL DEFAULT '',
  created_at      timestamptz NOT NULL,
  finished_at     timestamptz,
  CHECK ((finished_at IS NULL) = (state IN ('pending', 'sending'))),
  CHECK ((lease_until IS NOT NULL) = (state = 'sending'))
) WITH (fillfactor = 80);
SELECT own_by_environment('notices');
ALTER TABLE notices ADD FOREIGN KEY (environment_id, group_id) REFERENCES notice_groups (environment_id, id) ON DELETE SET NULL (group_id);
CREATE INDEX notices_page  ON notices (environment_id, id DESC);                                     -- the console's list
CREATE INDEX notices_due   ON notices (route_id, next_attempt_at) WHERE state IN ('pending', 'sending'); -- claim and sweep
CREATE INDEX notices_old   ON notices (created_at);                                                  -- what is too old to be kept
