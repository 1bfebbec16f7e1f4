-- +goose Up
-- What the faces of account health need.

ALTER TABLE connect_tokens ADD COLUMN allow_identity_change boolean NOT NULL DEFAULT false; -- an account may be reconnected as another person of the app
ALTER TABLE accounts ADD COLUMN checked_at timestamptz; -- a check by hand is allowed once in a while
