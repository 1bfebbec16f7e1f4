-- +goose Up
-- What is erased of users who were deleted, and what was. The user's own id is
-- here only for as long as something is still to be erased; afterwards a hash of
-- it tells whose report it is.
CREATE TABLE erasures (
  id               text COLLATE "C" PRIMARY KEY,
  environment_id   text COLLATE "C" NOT NULL,
  user_id          text COLLATE "C" NOT NULL UNIQUE, -- exu_…
  user_hash        text COLLATE "C" NOT NULL,
  external_user_id text,                             -- NULL = over
  erased           jsonb NOT NULL DEFAULT '{}',      -- {kind: how many}
  remains          jsonb NOT NULL DEFAULT '[]',      -- [{kind, count, until, reason}]
  grants           jsonb NOT NULL DEFAULT '[]',      -- [{app, status, count}]
  due_at           timestamptz,                      -- of the next look; NULL = over
  created_at       timestamptz NOT NULL,
  finished_at      timestamptz,
  CHECK ((finished_at IS NULL) = (external_user_id IS NOT NULL)),
  CHECK ((finished_at IS NULL) = (due_at IS NOT NULL))
);
SELECT own_by_environment('erasures');
CREATE INDEX erasures_due ON erasures (due_at) WHERE due_at IS NOT NULL; -- the worker
CREATE INDEX erasures_of_user ON erasures (user_hash, environment_id);

-- A hash of a user's id that differs from environment to environment.
-- +goose StatementBegin
CREATE FUNCTION erasure_hash(environment text, external_id text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT encode(sha256(convert_to(environment || ' ' || external_id, 'UTF8')), 'hex')
$$;
-- Whatever deletes a user has them erased.
CREATE OR REPLACE FUNCTION forget_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO erasures (id, environment_id, user_id, user_hash, external_user_id, due_at, created_at)
    SELECT 'era_' || split_part(OLD.id, '_', 2), e.id, OLD.id, erasure_hash(e.id, OLD.external_id), OLD.external_id, now(), now()
    FROM environments e WHERE e.id = OLD.environment_id -- all of it goes with the environment
    ON CONFLICT (user_id) DO NOTHING;
  RETURN OLD;
END $$;
-- +goose StatementEnd
INSERT INTO erasures (id, environment_id, user_id, user_hash, external_user_id, due_at, created_at)
  SELECT 'era_' || split_part(id, '_', 2), environment_id, id, erasure_hash(environment_id, external_user_id), external_user_id, now(), before FROM run_erasures;
DROP TABLE run_erasures;
