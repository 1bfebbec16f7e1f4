-- +goose Up
-- A receiver that is out is left alone, all its deliveries with it: the state is
-- the endpoint's, and no delivery is rewritten or used up by it.

ALTER TABLE webhook_endpoints
  ADD breaker         text NOT NULL DEFAULT 'closed' CHECK (breaker IN ('closed', 'open')), -- open and its time is over: one delivery tries
  ADD open_until      timestamptz,
  ADD open_level      integer NOT NULL DEFAULT 0,  -- how often in a row it opened
  ADD recent          integer NOT NULL DEFAULT 0,  -- of the last twenty sends, a bit for each that failed; the last one lowest
  ADD recent_count    integer NOT NULL DEFAULT 0,
  ADD room            integer NOT NULL DEFAULT 16, -- deliveries at once; one after it was out, then twice as many each time
  ADD failing_since   timestamptz,                 -- null: the last send succeeded
  ADD failures        integer NOT NULL DEFAULT 0,  -- since then
  ADD last_success_at timestamptz,
  ADD disabled_reason text CHECK (disabled_reason IN ('gone', 'failing')),
  ADD CHECK ((open_until IS NULL) = (breaker = 'closed'));
UPDATE webhook_endpoints SET disabled_reason = 'gone' WHERE disabled_at IS NOT NULL;
