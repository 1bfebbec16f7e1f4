-- +goose Up
-- Who did what; credentials to be taken back at their provider; and accounts
-- that were brought along from another system.

-- A credential whose account is gone waits here until the provider has revoked
-- it. It is written in the transaction that deletes the account, so that a
-- process that dies in between loses nothing.
CREATE TABLE revocations (
  id               text COLLATE "C" PRIMARY KEY,
  environment_id   text COLLATE "C" NOT NULL,
  account_id       text COLLATE "C" NOT NULL, -- of an account that is gone
  external_user_id text NOT NULL,
  app              text NOT NULL,
  auth             text NOT NULL,
  oauth_app_id     text COLLATE "C",
  identity_id      text,
  vars             jsonb NOT NULL,
  cause            text NOT NULL CHECK (cause IN ('account_deleted', 'app_deleted', 'user_deleted', 'refreshed_too_late')),
  status           text NOT NULL CHECK (status IN ('pending', 'revoked', 'unsupported', 'kept', 'failed')),
  credential       bytea,                     -- sealed, with the OAuth client; nothing once it is over
  reason           text,                      -- why it was not revoked
  http_status      integer,
  attempts         integer NOT NULL DEFAULT 0,
  next_attempt_at  timestamptz NOT NULL,
  lease_id         text NOT NULL DEFAULT '',
  lease_until      timestamptz,
  created_at       timestamptz NOT NULL,
  finished_at      timestamptz,
  CHECK ((finished_at IS NULL) = (status = 'pending')),
  CHECK ((credential IS NOT NULL) = (status = 'pending'))
);
SELECT own_by_environment('revocations');
CREATE INDEX revocations_page ON revocations (environment_id, id DESC);                            -- the report
CREATE INDEX revocations_of_account ON revocations (environment_id, account_id);                   -- what became of an account's
CREATE INDEX revocations_due  ON revocations (next_attempt_at) WHERE finished_at IS NULL;           -- claim and sweep

-- Many providers end a whole grant when one of its tokens is revoked, so a
-- grant that another account of the same person still uses is left alone. Both
-- environments of a project share its OAuth clients: this looks into both, and
-- tells no more than whether there is such an account.
-- +goose StatementBegin
CREATE FUNCTION grant_in_use(oauth_app text, identity text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT EXISTS (SELECT FROM accounts a JOIN environments e ON e.id = a.environment_id
    WHERE a.oauth_app_id = oauth_app AND a.identity_id = identity AND NOT a.dead AND e.project_id = current_setting('app.project_id'))
$$;
-- +goose StatementEnd

-- The audit log is only ever added to. It outlives what it speaks of, so it
-- points at nothing. A row of the workspace itself has no project.
CREATE TABLE audit_log (
  id             text COLLATE "C" PRIMARY KEY,
  workspace_id   text COLLATE "C" NOT NULL,
  project_id     text COLLATE "C" NOT NULL DEFAULT '',
  environment    text NOT NULL DEFAULT '',
  actor_kind     text NOT NULL CHECK (actor_kind IN ('client', 'member', 'connect_token', 'system')),
  actor_id       text COLLATE "C" NOT NULL,
  actor_name     text NOT NULL DEFAULT '',
  action         text NOT NULL,
  subject        text COLLATE "C" NOT NULL,
  external_user_id text NOT NULL DEFAULT '',
  details        jsonb NOT NULL DEFAULT '{}', -- never a secret
  address        text NOT NULL DEFAULT '',
  request_id     text NOT NULL DEFAULT '',
  created_at     timestamptz NOT NULL
);
CREATE INDEX audit_log_page    ON audit_log (workspace_id, id DESC);
CREATE INDEX audit_log_project ON audit_log (workspace_id, project_id, id DESC);
CREATE INDEX audit_log_subject ON audit_log (workspace_id, subject, id DESC);
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY project ON audit_log USING (project_id = current_setting('app.project_id'));
GRANT SELECT, INSERT ON audit_log TO patchbay_app;

-- +goose StatementBegin
CREATE FUNCTION keep_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is only ever added to';
END $$;
-- +goose StatementEnd
CREATE TRIGGER keep_audit_log BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_log();

CREATE TABLE imports (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  name           text NOT NULL,      -- of the file
  format         text NOT NULL CHECK (format IN ('jsonl', 'csv')),
  dry_run        boolean NOT NULL,
  test           boolean NOT NULL,   -- whether credentials are tried
  total          integer NOT NULL,
  status         text NOT NULL CHECK (status IN ('queued', 'running', 'finished')),
  lease_id       text NOT NULL DEFAULT '',
  lease_until    timestamptz,
  created_at     timestamptz NOT NULL,
  finished_at    timestamptz,
  CHECK ((finished_at IS NOT NULL) = (status = 'finished'))
);
SELECT own_by_environment('imports');
CREATE INDEX imports_page ON imports (environment_id, id DESC);
CREATE INDEX imports_due  ON imports (lease_until) WHERE finished_at IS NULL; -- the sweeper

CREATE TABLE import_rows (
  id               text COLLATE "C" PRIMARY KEY,
  environment_id   text COLLATE "C" NOT NULL,
  import_id        text COLLATE "C" NOT NULL,
  line             integer NOT NULL,
  key              text NOT NULL,            -- of the row: what is imported once
  external_user_id text NOT NULL DEFAULT '',
  payload          bytea,                    -- sealed; nothing once the row is done
  status           text NOT NULL CHECK (status IN ('pending', 'imported', 'valid', 'skipped', 'failed')),
  account_id       text COLLATE "C",
  code             text NOT NULL DEFAULT '',
  error            text NOT NULL DEFAULT '',
  UNIQUE (import_id, line),
  CHECK ((payload IS NOT NULL) = (status = 'pending'))
);
SELECT own_by_environment('import_rows');
ALTER TABLE import_rows ADD FOREIGN KEY (environment_id, import_id) REFERENCES imports (environment_id, id) ON DELETE CASCADE;
CREATE INDEX import_rows_of_status ON import_rows (import_id, status, line); -- what is left to do, the errors

-- What was imported, by the key of its row: importing it again changes nothing.
-- It is forgotten with the account, which may then be imported anew.
CREATE TABLE imported_accounts (
  id             text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL,
  key            text COLLATE "C" NOT NULL,
  account_id     text COLLATE "C" NOT NULL,
  UNIQUE (environment_id, key)
);
SELECT own_by_environment('imported_accounts');
ALTER TABLE imported_accounts ADD FOREIGN KEY (environment_id, account_id) REFERENCES accounts (environment_id, id) ON DELETE CASCADE;
CREATE INDEX imported_accounts_of_account ON imported_accounts (environment_id, account_id); -- forgotten with it
