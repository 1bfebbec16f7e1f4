-- +goose Up
-- What an agent is given over MCP: a named choice of tools, at an address of its own.
CREATE TABLE tool_profiles (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  name           text COLLATE "C" NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'), -- it stands in the address
  description    text NOT NULL,
  meta_tools     jsonb NOT NULL, -- names of those of ours that are shown
  tools          jsonb NOT NULL, -- actions, each with what is set of it and what is hidden
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL
);
SELECT own_by_environment('tool_profiles');
CREATE UNIQUE INDEX tool_profiles_name ON tool_profiles (name, environment_id);

-- What a user allows a program is of one address: with a profile, or of all tools (NULL).
ALTER TABLE mcp_requests ADD profile_id text COLLATE "C";
ALTER TABLE mcp_requests ADD FOREIGN KEY (environment_id, profile_id) REFERENCES tool_profiles (environment_id, id) ON DELETE CASCADE;
CREATE INDEX mcp_requests_of_profile ON mcp_requests (profile_id) WHERE profile_id IS NOT NULL;

ALTER TABLE mcp_authorizations ADD profile_id text COLLATE "C";
ALTER TABLE mcp_authorizations ADD FOREIGN KEY (environment_id, profile_id) REFERENCES tool_profiles (environment_id, id) ON DELETE CASCADE;
ALTER TABLE mcp_authorizations DROP CONSTRAINT mcp_authorizations_user_id_client_id_key;
CREATE UNIQUE INDEX mcp_authorizations_once ON mcp_authorizations (user_id, client_id, profile_id) NULLS NOT DISTINCT;
CREATE INDEX mcp_authorizations_of_profile ON mcp_authorizations (profile_id) WHERE profile_id IS NOT NULL;
