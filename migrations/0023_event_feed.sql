-- +goose Up
-- Events in the order in which it became certain that they happened. Ids and
-- times are taken before a transaction commits, so that one may come to light
-- below another that was read already. The number of the transaction tells: all
-- below the oldest that is still under way are settled.

ALTER TABLE events ADD tx bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint; -- the transaction that wrote it
CREATE INDEX events_feed ON events (environment_id, tx, id);
