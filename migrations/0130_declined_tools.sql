-- +goose Up
-- What a member did not want of what an MCP server says otherwise: it waits for nobody,
-- until the server says something else again.
ALTER TABLE mcp_servers ADD COLUMN declined text; -- the digest of it; null: nothing was
