-- +goose Up
-- What comes in: how a trigger takes its requests, what was sent before, what was
-- refused, and addresses of apps that send for many users to one place.

ALTER TABLE triggers
  ADD intake       jsonb,       -- null: requests are taken as they come
  ADD intake_keys  bytea,       -- sealed: what they are verified by
  ADD intake_at    timestamptz, -- when it was set
  ADD expect_every integer CHECK (expect_every >= 60), -- seconds; null: it may be silent
  ADD silent_since timestamptz, -- it was told that it is
  ADD hears_app    text;        -- slug: it also hears what the app sends for its user
CREATE INDEX triggers_expecting ON triggers (id) WHERE expect_every IS NOT NULL;                  -- the sweeper
CREATE INDEX triggers_hearing   ON triggers (environment_id, hears_app, user_id) WHERE hears_app IS NOT NULL; -- who hears of an app's event

-- Ids and idempotency keys that were seen at an address. The lock of a row that
-- another transaction writes is what lets one of two at the same moment in.
CREATE TABLE inbound_seen (
  environment_id text COLLATE "C" NOT NULL DEFAULT current_setting('app.environment_id') REFERENCES environments ON DELETE CASCADE,
  source_id      text COLLATE "C" NOT NULL, -- the trigger or the app's address
  key            text COLLATE "C" NOT NULL, -- kind and hash
  fingerprint    text NOT NULL DEFAULT '',  -- of the request that an idempotency key was first used for
  answer         text NOT NULL DEFAULT '',  -- and how it was answered, JSON
  expires_at     timestamptz NOT NULL,
  PRIMARY KEY (source_id, key)
);
ALTER TABLE inbound_seen ENABLE ROW LEVEL SECURITY;
CREATE POLICY environment ON inbound_seen USING (environment_id = current_setting('app.environment_id'));
GRANT SELECT, INSERT, UPDATE, DELETE ON inbound_seen TO patchbay_app;
CREATE INDEX inbound_seen_over ON inbound_seen (expires_at);          -- the sweeper
CREATE INDEX inbound_seen_of_environment ON inbound_seen (environment_id); -- its deletion

CREATE TABLE inbound_counts (
  id               text COLLATE "C" PRIMARY KEY, -- the trigger or the app's address
  environment_id   text COLLATE "C" NOT NULL,
  received         bigint NOT NULL DEFAULT 0,    -- requests
  accepted         bigint NOT NULL DEFAULT 0,    -- events
  duplicate        bigint NOT NULL DEFAULT 0,
  filtered         bigint NOT NULL DEFAULT 0,
  invalid          bigint NOT NULL DEFAULT 0,    -- items of batches
  unrouted         bigint NOT NULL DEFAULT 0,
  refused          bigint NOT NULL DEFAULT 0,    -- too much waits
  rejected         bigint NOT NULL DEFAULT 0,    -- false signatures
  last_rejected_at timestamptz,
  rejected_told    bigint NOT NULL DEFAULT 0,    -- of rejected, those that an event told of
  rejected_told_at timestamptz,
  unrouted_told_at timestamptz
);
SELECT own_by_environment('inbound_counts');
CREATE INDEX inbound_counts_untold ON inbound_counts (id) WHERE rejected > rejected_told; -- the sweeper

-- One request that held several events, and what became of them.
CREATE TABLE inbound_batches (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  trigger_id     text COLLATE "C" NOT NULL,
  received       integer NOT NULL,
  accepted       integer NOT NULL,
  duplicate      integer NOT NULL,
  filtered       integer NOT NULL,
  rejected       integer NOT NULL,
  errors         jsonb NOT NULL, -- [{index, error}], the first of them
  created_at     timestamptz NOT NULL
);
SELECT own_by_environment('inbound_batches');
ALTER TABLE inbound_batches ADD FOREIGN KEY (environment_id, trigger_id) REFERENCES triggers (environment_id, id) ON DELETE CASCADE;
CREATE INDEX inbound_batches_page ON inbound_batches (environment_id, trigger_id, id DESC); -- a trigger's batches
CREATE INDEX inbound_batches_old  ON inbound_batches (created_at);                          -- the sweeper

-- Events that are not kept once they were delivered.
CREATE TABLE events_unkept (
  id             text COLLATE "C" PRIMARY KEY, -- the event
  environment_id text COLLATE "C" NOT NULL,
  created_at     timestamptz NOT NULL
);
SELECT own_by_environment('events_unkept');

-- Where an app sends what is for many users.
CREATE TABLE app_addresses (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  app            text NOT NULL,      -- slug
  oauth_app_id   text COLLATE "C",   -- whose secret may sign
  endpoint_id    text COLLATE "C" NOT NULL,
  route          jsonb NOT NULL,     -- [] = as the app's file says
  keys           bytea,              -- sealed: what requests are verified by
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL
);
SELECT own_by_environment('app_addresses');
CREATE INDEX accounts_of_identity ON accounts (environment_id, app, identity_id);   -- whom an app's event is for
CREATE INDEX accounts_of_vars     ON accounts USING gin (vars jsonb_path_ops);      -- the same

-- Requests that nobody could be found for.
CREATE TABLE inbound_letters (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  address_id     text COLLATE "C" NOT NULL,
  reason         text NOT NULL CHECK (reason IN ('no_field', 'no_account', 'no_trigger')),
  said           text NOT NULL,  -- what the field of the route said
  request        text NOT NULL,  -- as an event would hold it, JSON
  hops           integer NOT NULL,
  state          text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'requeued', 'discarded')),
  created_at     timestamptz NOT NULL,
  resolved_at    timestamptz,
  CHECK ((resolved_at IS NULL) = (state = 'waiting'))
);
SELECT own_by_environment('inbound_letters');
ALTER TABLE inbound_letters ADD FOREIGN KEY (environment_id, address_id) REFERENCES app_addresses (environment_id, id) ON DELETE CASCADE;
CREATE INDEX inbound_letters_page ON inbound_letters (environment_id, state, id DESC);           -- the console's list
CREATE INDEX inbound_letters_of_address ON inbound_letters (environment_id, address_id, id DESC); -- the same, of one address

-- With a trigger go what was counted and seen at its address.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION forget_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM http_endpoints WHERE target_id = OLD.id;
  DELETE FROM webhook_endpoints WHERE environment_id = OLD.environment_id AND level = 'trigger' AND subject_id = OLD.id;
  DELETE FROM inbound_counts WHERE environment_id = OLD.environment_id AND id = OLD.id;
  DELETE FROM inbound_seen WHERE environment_id = OLD.environment_id AND source_id = OLD.id;
  RETURN OLD;
END $$;
-- +goose StatementEnd
