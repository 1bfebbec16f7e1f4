-- +goose Up
-- A trigger may be changed to another version of its component, and to other
-- dynamic props: what a change that is under way goes to, so that whoever finds it
-- cut off can end what it began.
ALTER TABLE trigger_sources
  ADD next_version text,  -- null: no change is under way
  ADD next_dynamic jsonb; -- the dynamic props of that
