-- +goose Up
-- What is written of a workspace itself, and of none of its projects, is its
-- own alone: a transaction that names no project does not see that of others.
DROP POLICY project ON audit_log;
CREATE POLICY own ON audit_log USING (
  CASE project_id WHEN '' THEN workspace_id = NULLIF(current_setting('app.workspace_id'), '')
  ELSE project_id = current_setting('app.project_id') END);
