-- +goose Up
-- What was used: counted by day, kind, user, app, workflow and trigger. The
-- database notes what is to be counted in the transaction that writes the row
-- which is counted, so that nothing is counted that did not happen, and nothing
-- happens that is not; a worker folds the notes into days and months a moment
-- later. A note goes in the transaction that counts it: none is counted twice.

CREATE TABLE usage_notes (
  environment_id   text COLLATE "C" NOT NULL,
  day              date NOT NULL, -- in UTC
  kind             text NOT NULL,
  external_user_id text COLLATE "C" NOT NULL DEFAULT '',
  app              text COLLATE "C" NOT NULL DEFAULT '',
  workflow_id      text COLLATE "C" NOT NULL DEFAULT '',
  trigger_id       text COLLATE "C" NOT NULL DEFAULT '',
  count            bigint NOT NULL,
  credits          bigint NOT NULL DEFAULT 0,
  ms               bigint NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000); -- each row is written and deleted within seconds, and read by no index
ALTER TABLE usage_notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY environment ON usage_notes USING (environment_id = current_setting('app.environment_id'));

CREATE TABLE usage_days (
  environment_id   text COLLATE "C" NOT NULL DEFAULT current_setting('app.environment_id') REFERENCES environments ON DELETE CASCADE,
  day              date NOT NULL,
  kind             text NOT NULL CHECK (kind IN ('connect', 'action_run', 'proxy_call', 'trigger_event', 'delivery', 'workflow_run')),
  external_user_id text COLLATE "C" NOT NULL,
  app              text COLLATE "C" NOT NULL,
  workflow_id      text COLLATE "C" NOT NULL,
  trigger_id       text COLLATE "C" NOT NULL,
  count            bigint NOT NULL,
  credits          bigint NOT NULL,
  ms               bigint NOT NULL, -- that actions and apps took
  PRIMARY KEY (environment_id, day, kind, external_user_id, app, workflow_id, trigger_id)
);
ALTER TABLE usage_days ENABLE ROW LEVEL SECURITY;
CREATE POLICY environment ON usage_days USING (environment_id = current_setting('app.environment_id'));
GRANT SELECT ON usage_days TO patchbay_app;
CREATE INDEX usage_days_of_user ON usage_days (external_user_id, day) WHERE external_user_id <> ''; -- to forget a user
CREATE INDEX usage_days_age     ON usage_days USING brin (day);                                      -- the end of their keeping

-- What a workspace used in a month outlives its projects: who deletes one has
-- used it all the same.
CREATE TABLE usage_months (
  workspace_id text COLLATE "C" NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  month        date NOT NULL, -- its first day
  project_id   text COLLATE "C" NOT NULL,
  kind         text NOT NULL,
  count        bigint NOT NULL,
  credits      bigint NOT NULL,
  ms           bigint NOT NULL,
  PRIMARY KEY (workspace_id, month, project_id, kind)
);
ALTER TABLE usage_months ENABLE ROW LEVEL SECURITY;
CREATE POLICY project ON usage_months USING (project_id = current_setting('app.project_id'));
GRANT SELECT ON usage_months TO patchbay_app;

-- An action costs a credit for each 30 seconds that it began, and what a call or an
-- event costs is one.
-- +goose StatementBegin
CREATE FUNCTION usage_credits(ms bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT greatest(1, (ms + 29999) / 30000) $$;

CREATE FUNCTION note_usage_of_events() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO usage_notes (environment_id, day, kind, external_user_id, app, trigger_id, count, credits)
  SELECT environment_id, (created_at AT TIME ZONE 'UTC')::date, 'trigger_event', external_user_id, '', subject_id, count(*), count(*)
    FROM written WHERE type = 'trigger.emitted' GROUP BY 1, 2, 4, 6
  UNION ALL
  SELECT environment_id, (created_at AT TIME ZONE 'UTC')::date, 'connect', external_user_id, coalesce((SELECT a.app FROM accounts a WHERE a.id = subject_id), ''), '', 1, 0
    FROM written WHERE type = 'CONNECTION_SUCCESS';
  RETURN NULL;
END $$;

CREATE FUNCTION note_usage_of_deliveries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO usage_notes (environment_id, day, kind, external_user_id, count)
  SELECT environment_id, (created_at AT TIME ZONE 'UTC')::date, 'delivery', external_user_id, count(*) FROM written GROUP BY 1, 2, 4;
  RETURN NULL;
END $$;

CREATE FUNCTION note_usage_of_runs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO usage_notes (environment_id, day, kind, external_user_id, workflow_id, count)
  SELECT environment_id, (created_at AT TIME ZONE 'UTC')::date, 'workflow_run', coalesce(external_user_id, ''), workflow_id, count(*)
    FROM written WHERE NOT test GROUP BY 1, 2, 4, 5;
  RETURN NULL;
END $$;

CREATE FUNCTION note_usage_of_requests() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO usage_notes (environment_id, day, kind, external_user_id, app, count, credits, ms)
  SELECT environment_id, (created_at AT TIME ZONE 'UTC')::date, 'proxy_call', external_user_id, app, count(*), count(*), sum(duration_ms)
    FROM written WHERE error IS NULL GROUP BY 1, 2, 4, 5;
  RETURN NULL;
END $$;

-- What was written when it was over; and, below, what was a row before.
CREATE FUNCTION note_usage_of_actions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO usage_notes (environment_id, day, kind, external_user_id, app, count, credits, ms)
  SELECT environment_id, day, 'action_run', external_user_id, app, count(*), sum(usage_credits(ms)), sum(ms)
    FROM (SELECT *, (finished_at AT TIME ZONE 'UTC')::date AS day, greatest(0, extract(epoch FROM finished_at - started_at) * 1000)::bigint AS ms
      FROM written WHERE finished_at IS NOT NULL AND started_at IS NOT NULL) w GROUP BY 1, 2, 4, 5;
  RETURN NULL;
END $$;

CREATE FUNCTION note_usage_of_action() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE took bigint := greatest(0, extract(epoch FROM NEW.finished_at - NEW.started_at) * 1000)::bigint;
BEGIN
  INSERT INTO usage_notes (environment_id, day, kind, external_user_id, app, count, credits, ms)
  VALUES (NEW.environment_id, (NEW.finished_at AT TIME ZONE 'UTC')::date, 'action_run', NEW.external_user_id, NEW.app, 1, usage_credits(took), took);
  RETURN NULL;
END $$;

-- Whoever is forgotten is no longer named; that it was used stays. The worker sees
-- to it, so that nobody else writes what it folds.
CREATE FUNCTION forget_usage_of_users() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO usage_notes (environment_id, day, kind, external_user_id, count) SELECT environment_id, current_date, 'forget', external_id, 0 FROM gone;
  RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER note_usage AFTER INSERT ON events         REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_usage_of_events();
CREATE TRIGGER note_usage AFTER INSERT ON deliveries     REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_usage_of_deliveries();
CREATE TRIGGER note_usage AFTER INSERT ON runs           REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_usage_of_runs();
CREATE TRIGGER note_usage AFTER INSERT ON proxy_requests REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_usage_of_requests();
CREATE TRIGGER note_usage AFTER INSERT ON action_runs    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_usage_of_actions();
CREATE TRIGGER note_usage_of_one AFTER UPDATE ON action_runs FOR EACH ROW
  WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL AND NEW.started_at IS NOT NULL) EXECUTE FUNCTION note_usage_of_action();
CREATE TRIGGER forget_usage AFTER DELETE ON external_users REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_usage_of_users();
