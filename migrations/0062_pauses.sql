-- +goose Up
-- Since when the queue of a workflow goes on: failures before that do not pause it again.

ALTER TABLE run_queues ADD resumed_at timestamptz;
