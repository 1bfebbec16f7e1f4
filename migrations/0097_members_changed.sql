-- +goose Up
-- When a member's rights were changed last, by which two who change them at once
-- know of each other.
ALTER TABLE members ADD updated_at timestamptz;
UPDATE members SET updated_at = created_at;
ALTER TABLE members ALTER updated_at SET DEFAULT now(), ALTER updated_at SET NOT NULL;
