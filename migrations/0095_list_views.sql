-- +goose Up
-- How members like to see lists of the console: filters under a name. The
-- console reads all that one member has in one project, by the unique key.
CREATE TABLE list_views (
  id         text COLLATE "C" PRIMARY KEY,
  project_id text COLLATE "C" NOT NULL,
  member_id  text COLLATE "C" NOT NULL REFERENCES members ON DELETE CASCADE,
  list       text COLLATE "C" NOT NULL CHECK (list ~ '^[a-z][a-z-]{0,39}$'),
  name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
  search     text NOT NULL CHECK (char_length(search) <= 2000),
  is_default boolean NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (member_id, project_id, list, name)
);
SELECT own_by_project('list_views');
