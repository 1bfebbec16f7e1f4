-- +goose Up
-- What users do on the connect page, step by step, and the proof that a link is
-- opened by the one whom it was made for.

CREATE TABLE connect_sessions (
  id               text COLLATE "C" PRIMARY KEY,
  environment_id   text COLLATE "C" NOT NULL,
  token_id         text COLLATE "C" NOT NULL,
  external_user_id text NOT NULL,
  app              text NOT NULL DEFAULT '', -- slug; '' = none was picked yet
  auth             text NOT NULL DEFAULT '', -- id of the app's method
  framed           boolean NOT NULL,         -- by a page of an allowed origin
  status           text NOT NULL CHECK (status IN ('open', 'succeeded', 'failed', 'cancelled')),
  code             text NOT NULL DEFAULT '', -- of what it failed by
  account_id       text COLLATE "C",
  reached          smallint NOT NULL,        -- the furthest stage; see internal/session
  steps            integer NOT NULL,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL
);
SELECT own_by_environment('connect_sessions'); -- its unique key is the list's index, too
ALTER TABLE connect_sessions ADD FOREIGN KEY (environment_id, token_id) REFERENCES connect_tokens (environment_id, id) ON DELETE CASCADE;
CREATE INDEX connect_sessions_time     ON connect_sessions (environment_id, created_at);         -- the funnel
CREATE INDEX connect_sessions_of_user  ON connect_sessions (environment_id, external_user_id, id DESC);
CREATE INDEX connect_sessions_of_token ON connect_sessions (environment_id, token_id);           -- a token that is deleted
CREATE INDEX connect_sessions_age      ON connect_sessions USING brin (created_at);              -- the end of their keeping

CREATE TABLE connect_steps (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  session_id     text COLLATE "C" NOT NULL,
  n              integer NOT NULL, -- from 1, in their order
  source         text NOT NULL CHECK (source IN ('page', 'server')),
  name           text NOT NULL,
  screen         text NOT NULL,
  detail         text NOT NULL CHECK (char_length(detail) <= 80), -- a slug, an id or a code; nothing that was typed in
  created_at     timestamptz NOT NULL,
  UNIQUE (session_id, n)
);
SELECT own_by_environment('connect_steps');
ALTER TABLE connect_steps ADD FOREIGN KEY (environment_id, session_id) REFERENCES connect_sessions (environment_id, id) ON DELETE CASCADE;

ALTER TABLE connect_flows ADD COLUMN session_id text COLLATE "C"; -- whose step it is

-- Where an environment's links are verified. verify_users: NULL = in production
-- as soon as there is an address.
ALTER TABLE environments
  ADD COLUMN verify_url   text,
  ADD COLUMN verify_users boolean;
GRANT UPDATE (verify_url, verify_users) ON environments TO patchbay_app;

CREATE TABLE connect_verifications (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  token_id       text COLLATE "C" NOT NULL,
  session_id     text COLLATE "C",
  nonce_hash     bytea NOT NULL UNIQUE, -- what the customer's page is sent
  key_hash       bytea UNIQUE,          -- what only the customer's server is told, once it has answered
  browser_hash   bytea NOT NULL,        -- of the cookie of the browser that is verified
  secret         bytea NOT NULL,        -- sealed: the connect token, and where on the page to go back to
  status         text NOT NULL CHECK (status IN ('asked', 'confirmed', 'verified', 'refused')),
  error          text,                  -- code of the refusal
  created_at     timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL   -- of the nonce
);
SELECT own_by_environment('connect_verifications');
ALTER TABLE connect_verifications ADD FOREIGN KEY (environment_id, token_id) REFERENCES connect_tokens (environment_id, id) ON DELETE CASCADE;
CREATE INDEX connect_verifications_of_token ON connect_verifications (environment_id, token_id); -- is this browser verified
CREATE INDEX connect_verifications_age      ON connect_verifications USING brin (created_at);
