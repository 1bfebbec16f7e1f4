-- +goose Up
-- How long a project keeps what happened in it, where that is less than the
-- installation does, and how many users it has in development.
ALTER TABLE projects
  ADD event_keep_days integer NOT NULL DEFAULT 0 CHECK (event_keep_days BETWEEN 0 AND 3650), -- 0 = as the installation says
  ADD log_keep_days integer NOT NULL DEFAULT 0 CHECK (log_keep_days BETWEEN 0 AND 3650),
  ADD development_users integer NOT NULL DEFAULT -1 CHECK (development_users >= -1); -- -1 = as the installation says; 0 = any number
ALTER TABLE workspaces ADD audit_keep_days integer NOT NULL DEFAULT 0 CHECK (audit_keep_days = 0 OR audit_keep_days BETWEEN 30 AND 3650);
