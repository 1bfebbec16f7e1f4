-- +goose Up
-- A flow may ask its user before the account is saved, may be of keys, and says
-- why it failed in a code, too.

ALTER TABLE connect_tokens
  ADD COLUMN locale text, -- of the hosted page; NULL = the browser's
  ADD COLUMN told   jsonb NOT NULL DEFAULT '[]'; -- codes of CONNECTION_ERRORs that belong to no flow, each of which is told once

ALTER TABLE connect_flows
  ALTER COLUMN oauth_app_id DROP NOT NULL, -- there is none for keys
  ADD COLUMN held       bytea, -- sealed: the grant, while its user is asked
  ADD COLUMN code       text,
  ADD COLUMN request_id text NOT NULL DEFAULT '', -- of the call that ended it
  ADD COLUMN state      text NOT NULL DEFAULT '', -- the customer's own, echoed to the redirect URIs
  DROP CONSTRAINT connect_flows_status_check;
UPDATE connect_flows SET code = 'connection_failed' WHERE error IS NOT NULL; -- those that failed before there were codes
ALTER TABLE connect_flows
  ADD CHECK (status IN ('open', 'exchanging', 'asking', 'succeeded', 'failed')),
  ADD CHECK (held IS NULL OR status IN ('asking', 'exchanging')),
  ADD CHECK ((code IS NULL) = (error IS NULL));
CREATE INDEX connect_flows_of_token ON connect_flows (token_id, id DESC);                              -- the latest of a token
CREATE INDEX connect_flows_due      ON connect_flows (expires_at) WHERE status IN ('asking', 'exchanging'); -- the sweeper

ALTER TABLE revocations
  DROP CONSTRAINT revocations_cause_check,
  ADD CHECK (cause IN ('account_deleted', 'app_deleted', 'user_deleted', 'refreshed_too_late', 'not_saved'));
