-- +goose Up
-- No index leads with the owner but the key. The check of a foreign key, which
-- asks for owner and id, is planned once in each connection; while a table is all
-- but empty any such index looks as good to PostgreSQL as the key, and from then
-- on each check reads the owner's whole part of it. So what is looked up comes
-- first; where it is a range, the index is one of rows that have it, which all
-- have, and which the check does not ask for.

DROP INDEX accounts_of_identity, accounts_of_user, connect_sessions_of_token, connect_sessions_of_user, connect_sessions_time,
  deliveries_of_endpoint, events_feed, events_of_subject, notice_groups_open, triggers_of_user;
CREATE INDEX accounts_of_identity      ON accounts (identity_id, app, environment_id);                       -- whom an app's event is for
CREATE INDEX accounts_of_user          ON accounts (user_id, environment_id, app, id DESC);                  -- an account for a step, a user's page
CREATE INDEX connect_sessions_of_token ON connect_sessions (token_id, environment_id);                       -- a token that is deleted
CREATE INDEX connect_sessions_of_user  ON connect_sessions (external_user_id, environment_id, id DESC);
CREATE INDEX connect_sessions_time     ON connect_sessions (environment_id, created_at) WHERE created_at IS NOT NULL; -- the funnel
CREATE INDEX deliveries_of_endpoint    ON deliveries (endpoint_id, environment_id, id);                      -- an endpoint's list, and its end
CREATE INDEX events_feed               ON events (environment_id, tx, id) WHERE tx IS NOT NULL;              -- as they were settled
CREATE INDEX events_of_subject         ON events (subject_id, environment_id, id DESC);                      -- events of a trigger
CREATE INDEX notice_groups_open        ON notice_groups (route_id, environment_id, key, until);
CREATE INDEX triggers_of_user          ON triggers (user_id, environment_id, id DESC);                       -- list of a user's triggers

ALTER TABLE external_users DROP CONSTRAINT external_users_environment_id_external_id_key, ADD UNIQUE (external_id, environment_id);
ALTER TABLE webhook_endpoints DROP CONSTRAINT webhook_endpoints_environment_id_level_subject_id_url_key, ADD UNIQUE (subject_id, environment_id, level, url);
CREATE INDEX webhook_endpoints_of_project ON webhook_endpoints (environment_id) WHERE level = 'project';

ALTER TABLE attempts DROP CONSTRAINT attempts_environment_id_id_key; -- nothing refers to an attempt
