-- +goose Up
-- How the hosted pages look, and where they are: of each environment its own.

CREATE TABLE brands (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL UNIQUE,
  settings       jsonb NOT NULL,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL
);
SELECT own_by_environment('brands');

-- What stands at a file's address never changes: a new upload is a new row.
CREATE TABLE brand_files (
  id             text COLLATE "C" PRIMARY KEY, -- stands in its address
  environment_id text COLLATE "C" NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('logo', 'logo_dark', 'font')),
  type           text NOT NULL CHECK (type IN ('image/svg+xml', 'image/png', 'font/woff2')),
  content        bytea NOT NULL CHECK (octet_length(content) <= 262144),
  created_at     timestamptz NOT NULL,
  UNIQUE (environment_id, kind)
);
SELECT own_by_environment('brand_files');

-- A host of the project's own at which its pages are.
CREATE TABLE connect_domains (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL UNIQUE,
  host           text NOT NULL UNIQUE, -- in the whole installation
  created_at     timestamptz NOT NULL
);
SELECT own_by_environment('connect_domains');

ALTER TABLE connect_flows ADD COLUMN host text NOT NULL DEFAULT ''; -- where its page is, and the browser's cookie; '' = the base URL
