-- +goose Up
-- The tool profile that a connect token is for; null: all tools, and the API. It refers to
-- nothing: a profile that is deleted leaves a token that has no tools, and not one that has all.
ALTER TABLE connect_tokens ADD COLUMN tool_profile_id text COLLATE "C";
