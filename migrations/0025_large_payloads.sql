-- +goose Up
-- What is too large for a row lies in a store of blobs (internal/blob), and the
-- row says where.

ALTER TABLE events ADD stored json; -- the body's key in the store, its size and its SHA-256; body is empty then

ALTER TABLE webhook_endpoints ADD inline_limit integer NOT NULL DEFAULT 0 CHECK (inline_limit >= 0); -- bytes; what is larger is sent as a reference; 0: nothing is

-- Blobs that nobody holds. One is written down here before it is put, and struck
-- off by the transaction that writes its event; when its event goes it is here
-- again, whatever took the event away. A sweep deletes those whose time has come.
-- The table has no foreign key: it outlives its environments.
CREATE TABLE blob_strays (
  key            text COLLATE "C" PRIMARY KEY,
  environment_id text COLLATE "C" NOT NULL DEFAULT current_setting('app.environment_id'),
  due_at         timestamptz NOT NULL,
  taken_at       timestamptz -- a sweep has begun to delete it: it is nobody's for good
);
ALTER TABLE blob_strays ENABLE ROW LEVEL SECURITY;
CREATE POLICY environment ON blob_strays USING (environment_id = current_setting('app.environment_id'));
GRANT SELECT, INSERT, UPDATE, DELETE ON blob_strays TO patchbay_app;
CREATE INDEX blob_strays_due ON blob_strays (due_at); -- the sweep

-- +goose StatementBegin
CREATE FUNCTION let_blob_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO blob_strays (key, environment_id, due_at) VALUES (OLD.stored->>'key', OLD.environment_id, now()) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER events_let_blob_go AFTER DELETE ON events FOR EACH ROW WHEN (OLD.stored IS NOT NULL) EXECUTE FUNCTION let_blob_go();
