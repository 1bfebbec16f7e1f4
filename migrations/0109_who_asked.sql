-- +goose Up
-- Who had an action run, and by which door. Of runs of before nobody knows: ''.
ALTER TABLE action_runs
  ADD caller_kind text NOT NULL DEFAULT '' CHECK (caller_kind IN ('', 'client', 'member', 'connect_token', 'mcp_client', 'workflow', 'system')),
  ADD caller_id   text COLLATE "C" NOT NULL DEFAULT '', -- of a client, member, connect token, authorization or run
  ADD caller_name text NOT NULL DEFAULT '',             -- an MCP client's, as it calls itself
  ADD via         text NOT NULL DEFAULT '' CHECK (via IN ('', 'api', 'mcp', 'workflow'));
