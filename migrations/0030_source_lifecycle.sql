-- +goose Up
-- Sources that begin something at an app: what is there, what is under way, and
-- what was left behind.

ALTER TABLE trigger_sources
  DROP CONSTRAINT trigger_sources_every_check,
  DROP COLUMN state,
  ADD state      bytea,                       -- sealed; null: nothing
  ADD app        text NOT NULL DEFAULT '',    -- slug
  ADD cron       text NOT NULL DEFAULT '',    -- '': by every, which may be 0
  ADD zone       text NOT NULL DEFAULT 'UTC', -- of cron
  ADD phase      text NOT NULL DEFAULT 'on' CHECK (phase IN ('deploying', 'changing', 'on', 'off')),
  ADD hooked     boolean NOT NULL DEFAULT false, -- the app calls an address of its own
  ADD next_props jsonb,                          -- those of a change that is under way
  ADD paused_at  timestamptz,                    -- it was switched off for failing
  ALTER due_at DROP NOT NULL;                    -- null: nothing is due
DROP INDEX trigger_sources_due;
CREATE INDEX trigger_sources_due ON trigger_sources (environment_id, app, due_at); -- the poller

-- What may be left at an app of a source that is gone: it is ended as soon as that can be done.
CREATE TABLE trigger_orphans (
  id               text COLLATE "C" PRIMARY KEY, -- orp_…
  environment_id   text COLLATE "C" NOT NULL,
  trigger_id       text COLLATE "C" NOT NULL,    -- that there was
  user_id          text COLLATE "C" NOT NULL,    -- who may be gone as well
  component_key    text NOT NULL,
  version          text NOT NULL,
  configured_props jsonb NOT NULL,
  props            jsonb NOT NULL,               -- the dynamic ones
  endpoint_id      text NOT NULL,
  state            bytea,                        -- sealed
  keys             bytea,                        -- sealed
  unsure           boolean NOT NULL,             -- a call was cut off: there may be more than state knows, or nothing
  attempts         integer NOT NULL DEFAULT 0,
  error            text,
  due_at           timestamptz,                  -- null: it is not tried any more
  lease_id         text NOT NULL DEFAULT '',
  lease_until      timestamptz NOT NULL,
  created_at       timestamptz NOT NULL
);
SELECT own_by_environment('trigger_orphans');
CREATE INDEX trigger_orphans_due ON trigger_orphans (due_at) WHERE due_at IS NOT NULL; -- the sweeper

-- Whatever a trigger goes by, what its source began is remembered. With an
-- environment goes the memory, too.
-- +goose StatementBegin
CREATE FUNCTION orphan_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO trigger_orphans (id, environment_id, trigger_id, user_id, component_key, version, configured_props, props, endpoint_id, state, keys, unsure, due_at, lease_until, created_at)
  SELECT 'orp_' || split_part(OLD.id, '_', 2), OLD.environment_id, OLD.id, OLD.user_id, OLD.component_key, OLD.version, OLD.configured_props, s.props, OLD.endpoint_id, s.state, OLD.intake_keys,
    s.phase <> 'on', now(), now(), now()
  FROM trigger_sources s JOIN environments e ON e.id = s.environment_id
  WHERE s.environment_id = OLD.environment_id AND s.id = OLD.id AND s.hooked AND s.phase <> 'off'
  ON CONFLICT (id) DO NOTHING;
  RETURN OLD;
END $$;
-- +goose StatementEnd
CREATE TRIGGER orphan_source BEFORE DELETE ON triggers FOR EACH ROW EXECUTE FUNCTION orphan_source();
