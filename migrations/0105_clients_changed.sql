-- +goose Up
-- When what an API client or a key may do was changed last, by which two who change
-- it at once know of each other.
ALTER TABLE clients ADD updated_at timestamptz;
UPDATE clients SET updated_at = created_at;
ALTER TABLE clients ALTER updated_at SET DEFAULT now(), ALTER updated_at SET NOT NULL;
