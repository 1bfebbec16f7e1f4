-- +goose Up
-- What a component says of an event that it emits: {summary, channel}; null = nothing.
ALTER TABLE events ADD emitted json;
