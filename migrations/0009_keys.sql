-- +goose Up
-- The keys that seal every secret of this database. None of it belongs to a
-- project, so patchbay_app has no right to any of it.

CREATE TABLE data_keys (
  id         bigint PRIMARY KEY,   -- stands at the head of every value that the key sealed
  wrapped    bytea NOT NULL,       -- encrypted by the master key, which is not in this database
  active     boolean NOT NULL,     -- seals; the others only open
  created_at timestamptz NOT NULL,
  spread_at  timestamptz,          -- when a rotation had sealed everything anew under it
  ended_at   timestamptz,          -- when another became active
  CHECK ((ended_at IS NULL) = active)
);
CREATE UNIQUE INDEX data_keys_active ON data_keys (active) WHERE active; -- one seals

CREATE TABLE master_key (
  id           text COLLATE "C" PRIMARY KEY CHECK (id = 'master'), -- one row
  fingerprint  text NOT NULL,
  place        text NOT NULL,      -- where it was kept when it was last set, for who must find it
  canary       bytea NOT NULL,     -- sealed: a known text, which opens if all is well
  set_at       timestamptz NOT NULL,
  backed_up_at timestamptz
);
