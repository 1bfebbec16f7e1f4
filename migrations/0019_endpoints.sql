-- +goose Up
-- An environment may have several endpoints, each with its own wishes. What is
-- needed at claim stands in the row that a claim locks anyway.

ALTER TABLE webhook_endpoints
  ADD main            boolean NOT NULL DEFAULT false, -- the environment's webhook, which signs with the environment's key
  ADD description     text NOT NULL DEFAULT '' CHECK (char_length(description) <= 500),
  ADD event_types     jsonb NOT NULL DEFAULT '["*"]', -- what it hears of: types, and beginnings of types with a star
  ADD hears_triggers  boolean NOT NULL DEFAULT true,  -- what they come to for what triggers emit, of which there is the most
  ADD payload         text NOT NULL DEFAULT 'raw' CHECK (payload IN ('raw', 'envelope')),
  ADD signatures      jsonb NOT NULL DEFAULT '["x-pd-signature", "standard-webhooks"]',
  ADD headers         bytea,                          -- sealed: the customer's own
  ADD timeout_ms      integer NOT NULL DEFAULT 10000 CHECK (timeout_ms BETWEEN 1000 AND 30000),
  ADD retry_waits     jsonb,                          -- seconds after each failure; null: the installation's ladder
  ADD rate            double precision NOT NULL DEFAULT 0 CHECK (rate >= 0), -- deliveries a second; 0: no limit
  ADD burst           integer NOT NULL DEFAULT 0 CHECK (burst >= 0),
  ADD tokens          double precision NOT NULL DEFAULT 0, -- of the rate, at tokens_at
  ADD tokens_at       timestamptz,                    -- null: the bucket is full
  ADD concurrency     integer NOT NULL DEFAULT 16 CHECK (concurrency BETWEEN 1 AND 64),
  ADD ordering        text NOT NULL DEFAULT 'none' CHECK (ordering IN ('none', 'user', 'subject')),
  ADD on_exhausted    text NOT NULL DEFAULT 'block' CHECK (on_exhausted IN ('block', 'skip')), -- when ordered: what follows one that was given up
  ADD certificate     bytea,                          -- sealed: the client's certificate and its key
  ADD certificate_subject    text NOT NULL DEFAULT '',
  ADD certificate_expires_at timestamptz,
  ADD warned          integer NOT NULL DEFAULT 0,     -- how often it was told that it fails, this time
  ADD told            boolean NOT NULL DEFAULT false, -- it was told, and not yet that it is over
  DROP CONSTRAINT webhook_endpoints_disabled_reason_check,
  ADD CONSTRAINT webhook_endpoints_disabled_reason_check CHECK (disabled_reason IN ('gone', 'failing', 'manual')),
  ADD CHECK ((rate > 0) = (burst > 0)),
  ADD CHECK (NOT main OR level = 'project');

UPDATE webhook_endpoints SET main = true, event_types = '["trigger.emitted", "ACCOUNT_*", "OAUTH_APP_*"]' WHERE level = 'project';
DROP INDEX webhook_endpoints_project;
CREATE UNIQUE INDEX webhook_endpoints_main ON webhook_endpoints (environment_id) WHERE main; -- one an environment
CREATE INDEX webhook_endpoints_trouble ON webhook_endpoints (environment_id) WHERE breaker = 'open' OR disabled_at IS NOT NULL; -- counted for the metrics

-- The order of an endpoint's deliveries of one key is that of seq, which is
-- given out under a lock. They wait for those before them.
CREATE SEQUENCE delivery_seq;
GRANT USAGE ON SEQUENCE delivery_seq TO patchbay_app;
ALTER TABLE deliveries
  ADD ordering_key text, -- null: in no order
  ADD seq          bigint,
  ADD CHECK ((seq IS NULL) = (ordering_key IS NULL));
CREATE INDEX deliveries_order ON deliveries (endpoint_id, ordering_key, seq)
  WHERE ordering_key IS NOT NULL AND state IN ('pending', 'sending', 'exhausted'); -- what a delivery waits for

ALTER TABLE attempts
  ADD request_headers  json, -- name -> value; what is secret is masked
  ADD response_headers json,
  ADD remote_address   text NOT NULL DEFAULT '';
