-- +goose Up
-- An OAuth client belongs to one of its app's methods, and may hold more than a
-- secret: a private key, the name of the provider's own record of it.

ALTER TABLE oauth_apps
  ADD COLUMN auth   text NOT NULL DEFAULT '', -- id of the method; '' = the app's first that takes a client
  ADD COLUMN fields bytea;                    -- sealed JSON object; NULL = none
