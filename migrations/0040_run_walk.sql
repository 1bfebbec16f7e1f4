-- +goose Up
-- A step that waits to be tried again is told apart from one that waits for
-- something.

ALTER TABLE run_steps ADD again boolean NOT NULL DEFAULT false;

-- A step is known by its run and its path, and by nothing else: each further key
-- would be one more entry for every step of every run. It is written by whoever
-- holds its run, in the statement that looks whether that is so; hence there is
-- nothing that foreign keys would have to find out again. It goes with its run.
ALTER TABLE run_steps
  DROP CONSTRAINT run_steps_environment_id_run_id_fkey,
  DROP CONSTRAINT run_steps_environment_id_fkey,
  DROP CONSTRAINT run_steps_environment_id_id_key,
  DROP CONSTRAINT run_steps_pkey,
  DROP CONSTRAINT run_steps_run_id_path_key,
  DROP COLUMN id,
  ADD PRIMARY KEY (run_id, path);

-- +goose StatementBegin
CREATE FUNCTION delete_run_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM run_steps USING gone WHERE run_steps.run_id = gone.id;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER delete_run_steps AFTER DELETE ON runs REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION delete_run_steps();
