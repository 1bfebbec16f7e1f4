-- +goose Up
-- What a project sets for an app before its users are asked: fields that are
-- filled in for them, and the OAuth client to use. Also: a client's secret
-- before the present one, for as long as it may still be needed.

CREATE TABLE app_overrides (
  id           text COLLATE "C" PRIMARY KEY,
  project_id   text COLLATE "C" NOT NULL,
  app          text NOT NULL, -- slug
  name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
  oauth_app_id text COLLATE "C",
  cfmap        jsonb NOT NULL, -- field -> value; never of a field that holds a secret
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  UNIQUE (project_id, name)
);
SELECT own_by_project('app_overrides');
ALTER TABLE app_overrides ADD FOREIGN KEY (project_id, oauth_app_id) REFERENCES oauth_apps (project_id, id);
CREATE INDEX app_overrides_of_client ON app_overrides (oauth_app_id) WHERE oauth_app_id IS NOT NULL; -- may a client be deleted

ALTER TABLE connect_tokens ADD COLUMN app_override_id text COLLATE "C"; -- the token connects through it alone

ALTER TABLE accounts ADD COLUMN asked_scopes jsonb NOT NULL DEFAULT '[]'; -- what the user was asked for; scopes is what was granted

ALTER TABLE oauth_apps
  ADD COLUMN secret_set_at           timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN secret_used_at          timestamptz, -- when the provider last took it, to the minute
  ADD COLUMN previous_secret         bytea,       -- sealed; destroyed when its time is over
  ADD COLUMN previous_secret_until   timestamptz,
  ADD COLUMN previous_secret_used_at timestamptz,
  ADD COLUMN tested_at               timestamptz, -- a test is allowed once in a while
  ADD CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL));
UPDATE oauth_apps SET secret_set_at = created_at;
CREATE INDEX oauth_apps_rotating ON oauth_apps (previous_secret_until) WHERE previous_secret IS NOT NULL; -- the sweeper
