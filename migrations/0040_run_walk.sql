-- +goose Up
-- A step that waits to be tried again is told apart from one that waits for
-- something.

ALTER TABLE run_steps ADD again boolean NOT NULL DEFAULT false;
