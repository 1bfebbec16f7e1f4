-- +goose Up
-- What people sign in with beside a password: an authenticator app, codes for
-- the day on which it is lost, and passkeys.
CREATE TABLE authenticators (
  id           text COLLATE "C" PRIMARY KEY,
  person_id    text COLLATE "C" NOT NULL UNIQUE REFERENCES people ON DELETE CASCADE,
  secret       bytea NOT NULL,            -- sealed
  confirmed_at timestamptz,               -- NULL: it was shown and no code has come yet
  last_step    bigint NOT NULL DEFAULT 0, -- of the last code that was taken: no code is good twice
  created_at   timestamptz NOT NULL
);

CREATE TABLE recovery_codes (
  code_hash bytea NOT NULL,
  person_id text COLLATE "C" NOT NULL REFERENCES people ON DELETE CASCADE,
  PRIMARY KEY (person_id, code_hash)
);

CREATE TABLE passkeys (
  id            text COLLATE "C" PRIMARY KEY,
  person_id     text COLLATE "C" NOT NULL REFERENCES people ON DELETE CASCADE,
  name          text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
  credential_id text COLLATE "C" NOT NULL UNIQUE, -- base64url, as browsers name it
  credential    jsonb NOT NULL,                   -- the public half, and what the authenticator said of itself
  created_at    timestamptz NOT NULL,
  used_at       timestamptz
);
CREATE INDEX passkeys_of ON passkeys (person_id); -- the list of a person's; sign-in

-- Somebody who has shown the first factor and not yet the second: no session is open.
CREATE TABLE sign_in_steps (
  token_hash bytea PRIMARY KEY,
  person_id  text COLLATE "C" NOT NULL REFERENCES people ON DELETE CASCADE,
  way        text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_steps_old ON sign_in_steps (expires_at); -- the sweep

-- A passkey is being made or asked for.
CREATE TABLE passkey_ceremonies (
  token_hash bytea PRIMARY KEY,
  person_id  text COLLATE "C" REFERENCES people ON DELETE CASCADE, -- NULL: whoever's passkey it will be
  kind       text NOT NULL CHECK (kind IN ('add', 'sign_in')),
  data       jsonb NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX passkey_ceremonies_old ON passkey_ceremonies (expires_at); -- the sweep

ALTER TABLE workspaces ADD require_two_factors boolean NOT NULL DEFAULT false;
