-- +goose Up
-- Sessions are named, so that their people see where they are signed in and end
-- what they do not know; links have a purpose; browsers in which somebody signed
-- in before are known again.
ALTER TABLE sessions
  ADD id         text COLLATE "C",
  ADD user_agent text NOT NULL DEFAULT '',
  ADD address    text NOT NULL DEFAULT '',  -- the IP address that it was last used from
  ADD proved_at  timestamptz,               -- when the person last proved who they are
  ADD factors    integer NOT NULL DEFAULT 1 CHECK (factors BETWEEN 1 AND 2); -- that were shown
UPDATE sessions SET id = 'ses_' || encode(substr(token_hash, 1, 13), 'hex'), proved_at = created_at;
ALTER TABLE sessions ALTER id SET NOT NULL, ALTER proved_at SET NOT NULL, ADD UNIQUE (id);
CREATE INDEX sessions_of ON sessions (person_id, used_at DESC); -- the list of a person's

ALTER TABLE sign_in_links ADD purpose text NOT NULL DEFAULT 'sign_in' CHECK (purpose IN ('sign_in', 'password'));

CREATE TABLE sign_in_devices (
  device_hash bytea NOT NULL, -- of the browser's own cookie
  person_id   text COLLATE "C" NOT NULL REFERENCES people ON DELETE CASCADE,
  seen_at     timestamptz NOT NULL,
  PRIMARY KEY (device_hash, person_id)
);
CREATE INDEX sign_in_devices_old ON sign_in_devices (seen_at); -- the sweep
CREATE INDEX sign_in_links_old ON sign_in_links (expires_at);  -- the same
CREATE INDEX sessions_old ON sessions (expires_at);            -- the same
