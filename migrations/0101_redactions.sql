-- +goose Up
-- What is taken out of a project's logs before they are written: [{kind, match}].
ALTER TABLE projects ADD COLUMN log_redactions jsonb NOT NULL DEFAULT '[]';
