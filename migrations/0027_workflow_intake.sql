-- +goose Up
-- How a workflow's HTTP trigger takes its requests. Its draft and its versions
-- say nothing of it: it holds from the next request on, and it has secrets.

CREATE TABLE workflow_intakes (
  id         text COLLATE "C" PRIMARY KEY, -- the workflow
  project_id text COLLATE "C" NOT NULL,
  settings   jsonb NOT NULL,
  keys       bytea, -- sealed: what requests are verified by
  set_at     timestamptz NOT NULL
);
SELECT own_by_project('workflow_intakes');
ALTER TABLE workflow_intakes ADD FOREIGN KEY (project_id, id) REFERENCES workflows (project_id, id) ON DELETE CASCADE;

CREATE INDEX runs_waiting ON runs (workflow_id) WHERE finished_at IS NULL; -- how much waits at a workflow's address
