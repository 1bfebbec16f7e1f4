-- +goose Up
-- Tools that a user has to approve before they are run for an agent.
ALTER TABLE environments ADD mcp_approval text NOT NULL DEFAULT 'none' CHECK (mcp_approval IN ('none', 'destructive', 'writes'));
GRANT UPDATE (mcp_approval) ON environments TO patchbay_app;

-- What was asked and how it was answered. An approval is good once, for a while, and for
-- exactly what was asked, of which nothing is kept but hashes.
CREATE TABLE tool_approvals (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  component_key  text COLLATE "C" NOT NULL,
  arguments_hash text NOT NULL, -- as the run's
  bound          text NOT NULL, -- hash of all that it is for: the caller, the user, the tool's version, the account and the arguments
  status         text NOT NULL CHECK (status IN ('asked', 'approved', 'declined', 'canceled')),
  created_at     timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,
  decided_at     timestamptz,
  CHECK ((status = 'asked') = (decided_at IS NULL))
);
SELECT own_by_environment('tool_approvals');
CREATE INDEX tool_approvals_end ON tool_approvals (expires_at);

ALTER TABLE action_runs
  ADD arguments_hash text NOT NULL DEFAULT '',             -- of what was filled in, the same for the same; '' = of before that was kept
  ADD approval_id    text COLLATE "C" NOT NULL DEFAULT ''; -- '' = nobody was asked
CREATE INDEX action_runs_of_caller ON action_runs (caller_id, id DESC) WHERE caller_id <> '';
