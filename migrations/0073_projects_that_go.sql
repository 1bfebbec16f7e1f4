-- +goose Up
-- A project that was deleted is there for nobody; a worker clears away what it
-- left at apps, and then the row.
ALTER TABLE projects ADD deleted_at timestamptz;
CREATE INDEX projects_deleted ON projects (deleted_at) WHERE deleted_at IS NOT NULL; -- the worker
