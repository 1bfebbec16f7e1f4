-- +goose Up
-- When each of an environment's settings was changed last, by which two who change it
-- at once know of each other; null = never, or before this was noted.
ALTER TABLE environments ADD verification_at timestamptz, ADD mcp_at timestamptz;
GRANT UPDATE (verification_at, mcp_at) ON environments TO patchbay_app;
