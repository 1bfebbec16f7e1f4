-- +goose Up
-- A workspace's directory says who its people are, by SCIM.
ALTER TABLE sso_connections
  ADD scim_token_hash bytea UNIQUE,           -- by which the directory speaks; NULL = none does
  ADD scim_token_at   timestamptz;

CREATE TABLE directory_users (
  id            text COLLATE "C" PRIMARY KEY,
  connection_id text COLLATE "C" NOT NULL REFERENCES sso_connections ON DELETE CASCADE,
  user_name     text NOT NULL,
  external_id   text NOT NULL DEFAULT '',     -- the directory's own
  given_name    text NOT NULL DEFAULT '',
  family_name   text NOT NULL DEFAULT '',
  display_name  text NOT NULL DEFAULT '',
  email         text NOT NULL DEFAULT '',
  active        boolean NOT NULL,
  person_id     text COLLATE "C" REFERENCES people ON DELETE SET NULL, -- who that is here; NULL = nobody yet
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,
  UNIQUE (connection_id, person_id)
);
CREATE UNIQUE INDEX directory_users_name ON directory_users (connection_id, lower(user_name));
CREATE INDEX directory_users_external ON directory_users (connection_id, external_id); -- as directories look them up
CREATE INDEX directory_users_person ON directory_users (person_id);                    -- sign-in; when a person goes

CREATE TABLE directory_groups (
  id            text COLLATE "C" PRIMARY KEY,
  connection_id text COLLATE "C" NOT NULL REFERENCES sso_connections ON DELETE CASCADE,
  display_name  text NOT NULL,
  external_id   text NOT NULL DEFAULT '',
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL
);
CREATE UNIQUE INDEX directory_groups_name ON directory_groups (connection_id, lower(display_name));

CREATE TABLE directory_members (
  group_id text COLLATE "C" NOT NULL REFERENCES directory_groups ON DELETE CASCADE,
  user_id  text COLLATE "C" NOT NULL REFERENCES directory_users ON DELETE CASCADE,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX directory_members_of ON directory_members (user_id); -- the groups of somebody
