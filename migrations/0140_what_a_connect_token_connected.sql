-- +goose Up
-- Which account was connected with a connect token: who made the token asks for it, and
-- need not guess by what changed meanwhile. Of tokens of before nobody knows: null.
ALTER TABLE connect_tokens ADD COLUMN account_id text COLLATE "C";
