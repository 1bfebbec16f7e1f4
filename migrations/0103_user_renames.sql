-- +goose Up
-- Users who were given another id of the customer's. What they have is found by the
-- new one at once; what happened to them follows, batch by batch. The former id is
-- here only for as long as something may still stand under it, and then its hash.
CREATE TABLE user_renames (
  id               text COLLATE "C" PRIMARY KEY, -- urn_…
  environment_id   text COLLATE "C" NOT NULL,
  user_id          text COLLATE "C" NOT NULL,    -- exu_…
  from_id          text COLLATE "C",             -- NULL = over
  from_hash        text COLLATE "C" NOT NULL,    -- as erasures have it
  to_id            text COLLATE "C" NOT NULL,
  came_at          timestamptz NOT NULL,         -- when the user was made
  since            timestamptz NOT NULL,         -- what is older belonged to another user, who had the id before
  moved            jsonb NOT NULL DEFAULT '{}',  -- {kind: how many}
  moved_at         timestamptz,                  -- when nothing more was found for the first time
  due_at           timestamptz,                  -- of the next look; NULL = over
  created_at       timestamptz NOT NULL,
  finished_at      timestamptz,
  CHECK ((finished_at IS NULL) = (from_id IS NOT NULL)),
  CHECK ((finished_at IS NULL) = (due_at IS NOT NULL))
);
SELECT own_by_environment('user_renames');
CREATE INDEX user_renames_due ON user_renames (due_at) WHERE due_at IS NOT NULL; -- the worker
CREATE INDEX user_renames_of_user ON user_renames (user_id, environment_id);
CREATE INDEX user_renames_from ON user_renames (from_hash, environment_id);

-- What a user used, up to a day, is counted for their new id. Who folds usage waits
-- for it, and it for them: nobody else writes these days.
-- +goose StatementBegin
CREATE FUNCTION rename_usage(from_id text, to_id text, first date, last date) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE n bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('patchbay usage', 0));
  WITH gone AS (DELETE FROM usage_days WHERE environment_id = current_setting('app.environment_id') AND external_user_id = from_id AND day BETWEEN first AND last RETURNING *),
    put AS (INSERT INTO usage_days AS d (environment_id, day, kind, external_user_id, app, workflow_id, trigger_id, count, credits, ms)
      SELECT environment_id, day, kind, to_id, app, workflow_id, trigger_id, count, credits, ms FROM gone
      ON CONFLICT (environment_id, day, kind, external_user_id, app, workflow_id, trigger_id)
        DO UPDATE SET count = d.count + excluded.count, credits = d.credits + excluded.credits, ms = d.ms + excluded.ms)
  SELECT count(*) INTO n FROM gone;
  RETURN n;
END $$;
-- +goose StatementEnd
