-- +goose Up
-- So that of two who change a workspace the second is told of the first.
ALTER TABLE workspaces ADD changed_at timestamptz; -- its name, or how long its log is kept; null = never
