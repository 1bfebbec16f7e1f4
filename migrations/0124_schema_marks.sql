-- +goose Up
-- What programs of an earlier schema need to know of a migration before they run
-- beside it: see internal/db/fits.go. `patchbay migrate` writes it.
CREATE TABLE schema_marks (
  version bigint PRIMARY KEY, -- the migration's
  needs   bigint NOT NULL     -- a program whose newest migration is older does not work beside it; 0 = any does
);
