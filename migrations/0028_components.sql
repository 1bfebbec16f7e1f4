-- +goose Up
-- Dynamic props: what an app said when it was asked which props there are, kept
-- for the calls that name it.
CREATE TABLE dynamic_props (
  id             text COLLATE "C" PRIMARY KEY, -- dyp_…
  environment_id text COLLATE "C" NOT NULL,
  component_key  text NOT NULL,
  props          jsonb NOT NULL,
  created_at     timestamptz NOT NULL
);
SELECT own_by_environment('dynamic_props');
CREATE INDEX dynamic_props_age ON dynamic_props USING brin (created_at); -- the end of their keeping
