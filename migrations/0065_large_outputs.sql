-- +goose Up
-- What a step brought that is too large for its row lies in the store of blobs, and
-- the row says where. A run that takes up what another one recorded has the same
-- blob: it goes when nobody has it any more.

ALTER TABLE run_steps ADD stored jsonb; -- the output's key in the store, its size and its SHA-256; output is null then

-- How many rows have a blob. Like blob_strays it outlives its environments.
CREATE TABLE blob_holders (
  key            text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL DEFAULT current_setting('app.environment_id'),
  holders        integer NOT NULL
);
ALTER TABLE blob_holders ENABLE ROW LEVEL SECURITY;
CREATE POLICY environment ON blob_holders USING (environment_id = current_setting('app.environment_id'));
GRANT SELECT, INSERT, UPDATE, DELETE ON blob_holders TO patchbay_app;

-- A row that names a blob strikes it off the strays, or is one more of those that
-- have it; with the last of these it is a stray again.
-- +goose StatementBegin
CREATE FUNCTION count_blob_holders() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before text := CASE WHEN TG_OP <> 'INSERT' THEN OLD.stored->>'key' END;
  after text := CASE WHEN TG_OP <> 'DELETE' THEN NEW.stored->>'key' END;
  stray boolean;
BEGIN
  IF before IS NOT DISTINCT FROM after THEN
    RETURN NULL;
  END IF;
  IF after IS NOT NULL THEN
    DELETE FROM blob_strays WHERE key = after AND taken_at IS NULL;
    IF FOUND THEN
      INSERT INTO blob_holders (key, environment_id, holders) VALUES (after, NEW.environment_id, 1);
    ELSE
      UPDATE blob_holders SET holders = holders + 1 WHERE key = after;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'blob % was swept up before its row was written', after;
      END IF;
    END IF;
  END IF;
  IF before IS NOT NULL THEN
    UPDATE blob_holders SET holders = holders - 1 WHERE key = before RETURNING holders = 0 INTO stray;
    IF stray THEN
      DELETE FROM blob_holders WHERE key = before;
      INSERT INTO blob_strays (key, environment_id, due_at) VALUES (before, OLD.environment_id, now()) ON CONFLICT DO NOTHING;
    END IF;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER run_steps_have_blob AFTER INSERT ON run_steps FOR EACH ROW WHEN (NEW.stored IS NOT NULL) EXECUTE FUNCTION count_blob_holders();
CREATE TRIGGER run_steps_change_blob AFTER UPDATE ON run_steps FOR EACH ROW WHEN (OLD.stored IS DISTINCT FROM NEW.stored) EXECUTE FUNCTION count_blob_holders();
CREATE TRIGGER run_steps_let_blob_go AFTER DELETE ON run_steps FOR EACH ROW WHEN (OLD.stored IS NOT NULL) EXECUTE FUNCTION count_blob_holders();

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION forget_payloads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.store = 'none' OR NEW.status NOT IN ('failed', 'dead_lettered') THEN
    UPDATE run_steps SET input = NULL, output = NULL, stored = NULL,
      error = CASE WHEN error IS NOT NULL THEN error || '{"message": "Not kept."}' END WHERE run_id = NEW.id;
    UPDATE runs SET input = 'null', error = CASE WHEN error IS NOT NULL THEN error || '{"message": "Not kept."}' END WHERE id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
