-- +goose Up
-- Steps whose code puts their run off by $.flow: that they wait, for what, and which
-- time; what the code wants to know when it is run again, and where it is answered.

ALTER TABLE run_steps
  ADD pause text NOT NULL DEFAULT '' CHECK (pause IN ('', 'delay', 'suspend', 'rerun')),
  ADD round integer NOT NULL DEFAULT 0, -- the links of each are others
  ADD flow text; -- JSON

-- What is not to be kept goes with the run's payloads.
-- +goose StatementBegin
CREATE FUNCTION forget_flow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.store = 'none' OR NEW.status NOT IN ('failed', 'dead_lettered') THEN
    UPDATE run_steps SET flow = NULL WHERE run_id = NEW.id AND flow IS NOT NULL;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER forget_flow AFTER UPDATE ON runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.store <> '' AND OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION forget_flow();
