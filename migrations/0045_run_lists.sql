-- +goose Up
-- What runs are looked for by. What is rare has an index of its own; a time is a
-- range of ids, and a trace that began with a run is its number.

ALTER TABLE run_steps
  ADD account_id text COLLATE "C", -- the account that the step used
  ADD app text;                    -- whose it is
CREATE INDEX run_steps_of_account ON run_steps (account_id, run_id) WHERE account_id IS NOT NULL;
CREATE INDEX runs_of_user ON runs (external_user_id, id DESC) WHERE external_user_id IS NOT NULL; -- a user's runs, and to forget them
CREATE INDEX runs_failed ON runs (workflow_id, id DESC) WHERE status IN ('failed', 'dead_lettered', 'canceled');
ALTER TABLE runs ADD span_id text NOT NULL DEFAULT ''; -- within its trace, what the run was started by
CREATE INDEX runs_of_trace ON runs (trace_id) WHERE trace_id <> '';

-- What is kept of runs, and for how long.
ALTER TABLE projects
  ADD run_keep_days integer NOT NULL DEFAULT 0 CHECK (run_keep_days BETWEEN 0 AND 3650),   -- 0 = as the installation says
  ADD run_keep_mb integer NOT NULL DEFAULT 0 CHECK (run_keep_mb BETWEEN 0 AND 10000000);   -- of both environments; 0 = any size
ALTER TABLE runs
  ADD store text NOT NULL DEFAULT '' CHECK (store IN ('', 'errors', 'none')); -- what is kept of its payloads when it is over; '' = all
CREATE INDEX runs_unanswered ON runs (finished_at) WHERE store <> '' AND response IS NOT NULL; -- whose response is still kept for its caller

-- At the commit in which a run ends, when all of it is written, its payloads go that
-- are not to be kept. Its response stays a moment, for a caller who waits for it.
-- +goose StatementBegin
CREATE FUNCTION forget_payloads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.store = 'none' OR NEW.status NOT IN ('failed', 'dead_lettered') THEN
    UPDATE run_steps SET input = NULL, output = NULL,
      error = CASE WHEN error IS NOT NULL THEN error || '{"message": "Not kept."}' END WHERE run_id = NEW.id;
    UPDATE runs SET input = 'null', error = CASE WHEN error IS NOT NULL THEN error || '{"message": "Not kept."}' END WHERE id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER forget_payloads AFTER UPDATE ON runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.store <> '' AND OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION forget_payloads();

-- Users whose runs are to go, because they did.
CREATE TABLE run_erasures (
  id               text COLLATE "C" PRIMARY KEY, -- the user
  environment_id   text COLLATE "C" NOT NULL,
  external_user_id text NOT NULL,
  before           timestamptz NOT NULL          -- runs that were made until then
);
SELECT own_by_environment('run_erasures');
-- +goose StatementBegin
CREATE FUNCTION forget_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO run_erasures (id, environment_id, external_user_id, before)
    SELECT OLD.id, e.id, OLD.external_id, now() FROM environments e WHERE e.id = OLD.environment_id; -- all of it goes with the environment
  RETURN OLD;
END $$;
-- +goose StatementEnd
CREATE TRIGGER forget_runs AFTER DELETE ON external_users FOR EACH ROW EXECUTE FUNCTION forget_runs();
