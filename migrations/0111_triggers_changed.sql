-- +goose Up
-- When somebody changed a trigger last, by which two who change it at once know of each
-- other; updated_at is moved by workers, too.
ALTER TABLE triggers ADD changed_at timestamptz NOT NULL DEFAULT now();
