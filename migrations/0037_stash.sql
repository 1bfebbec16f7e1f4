-- +goose Up
-- Files that components read and write, for a day. Where they lie, internal/blob says.
CREATE TABLE stash_files (
  id               text COLLATE "C" PRIMARY KEY, -- file_…
  environment_id   text COLLATE "C" NOT NULL,
  stash_id         text COLLATE "C" NOT NULL, -- stsh_…
  external_user_id text NOT NULL,
  path             text COLLATE "C" NOT NULL, -- below the folder of a run
  content_type     text NOT NULL,
  size             bigint NOT NULL,
  stored           json NOT NULL, -- the blob's key, its size and its SHA-256
  created_at       timestamptz NOT NULL,
  expires_at       timestamptz NOT NULL
);
SELECT own_by_environment('stash_files');
ALTER TABLE stash_files ADD UNIQUE (environment_id, stash_id, path);
CREATE INDEX stash_files_over ON stash_files (expires_at); -- the sweeper
CREATE TRIGGER stash_files_let_blob_go AFTER DELETE ON stash_files FOR EACH ROW EXECUTE FUNCTION let_blob_go();

-- Of a run whose process died: one that may be done twice is begun again.
ALTER TABLE action_runs DROP keeps, ADD repeatable boolean NOT NULL DEFAULT false;
ALTER TABLE action_runs RENAME digest TO input_hash;
