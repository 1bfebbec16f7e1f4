-- +goose Up
-- A workspace may have every entry of its audit log sent to an address, in the
-- order of the chain. sent_seq is the last that the receiver has taken; a batch that
-- was begun keeps its id and its end until it is taken, whoever sends it.
CREATE TABLE audit_webhooks (
  id              text COLLATE "C" PRIMARY KEY,
  workspace_id    text COLLATE "C" NOT NULL UNIQUE REFERENCES workspaces ON DELETE CASCADE,
  url             text NOT NULL,
  key             bytea NOT NULL,                -- sealed
  previous_key    bytea,                         -- sealed; signs as well until previous_until
  previous_until  timestamptz,
  sent_seq        bigint NOT NULL,
  last_sent_at    timestamptz,
  batch_id        text NOT NULL DEFAULT '',      -- '' = none is begun
  batch_to        bigint NOT NULL DEFAULT 0,     -- the number of its last entry
  missed_from     bigint NOT NULL DEFAULT 0,     -- entries from here to sent_seq were let go unsent, and the receiver is yet to hear of it; 0 = none
  missed          bigint NOT NULL DEFAULT 0,     -- how many were let go unsent in all
  failures        integer NOT NULL DEFAULT 0,    -- since the last success
  failing_since   timestamptz,
  last_status     integer,
  last_error      text NOT NULL DEFAULT '',      -- '' = the last send succeeded, or there was none
  last_excerpt    text NOT NULL DEFAULT '',
  next_attempt_at timestamptz NOT NULL,
  paused_at       timestamptz,
  paused_reason   text NOT NULL DEFAULT '' CHECK (paused_reason IN ('', 'manual', 'failing', 'gone')),
  letter          text NOT NULL DEFAULT '' CHECK (letter IN ('', 'paused', 'missed')), -- what admins are yet to be told by e-mail
  lease_id        text NOT NULL DEFAULT '',
  lease_until     timestamptz,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,          -- by people
  CHECK ((previous_key IS NULL) = (previous_until IS NULL)),
  CHECK ((paused_at IS NULL) = (paused_reason = '')),
  CHECK ((batch_id = '') = (batch_to = 0))
);
