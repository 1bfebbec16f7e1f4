-- +goose Up
-- Backups by `patchbay backup`. A row is written before the copy of the database is
-- taken, so that the copy has it, unfinished: a restore knows by it what it has begun.
CREATE TABLE backups (
  id          text COLLATE "C" PRIMARY KEY,
  version     text NOT NULL,              -- of the program
  with_key    boolean NOT NULL,           -- it opens with its passphrase, without the master key
  began_at    timestamptz NOT NULL,
  finished_at timestamptz,
  restored_at timestamptz                 -- this database was restored from it
);
