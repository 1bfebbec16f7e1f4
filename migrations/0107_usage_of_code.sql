-- +goose Up
-- What the code of workflows took costs credits, as actions do: one for each 30
-- seconds that a step's code began, each time that it ran. Tests cost none.
ALTER TABLE run_steps ADD code_ms bigint NOT NULL DEFAULT 0; -- that its code ran, all attempts together

-- +goose StatementBegin
CREATE FUNCTION note_usage_of_code() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE took bigint := NEW.code_ms - CASE WHEN TG_OP = 'UPDATE' THEN OLD.code_ms ELSE 0 END;
BEGIN
  INSERT INTO usage_notes (environment_id, day, kind, external_user_id, workflow_id, count, credits, ms)
  SELECT NEW.environment_id, (coalesce(NEW.finished_at, now()) AT TIME ZONE 'UTC')::date, 'workflow_run', coalesce(r.external_user_id, ''), r.workflow_id, 0, usage_credits(took), took
    FROM runs r WHERE r.environment_id = NEW.environment_id AND r.id = NEW.run_id AND NOT r.test;
  RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER note_usage_of_code AFTER INSERT ON run_steps FOR EACH ROW WHEN (NEW.code_ms > 0) EXECUTE FUNCTION note_usage_of_code();
CREATE TRIGGER note_usage_of_more_code AFTER UPDATE ON run_steps FOR EACH ROW WHEN (NEW.code_ms > OLD.code_ms) EXECUTE FUNCTION note_usage_of_code();
