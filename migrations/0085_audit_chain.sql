-- +goose Up
-- The audit log is chained: each entry of a workspace has a number and a hash of
-- the entry before it and of itself. An entry is sealed into the chain a moment
-- after it is written, by a worker and in one order, so that writers do not wait
-- for each other; until then it is noted in audit_pending, by the database.

CREATE TABLE audit_pending (
  entry_id     text COLLATE "C" PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL
);

CREATE TABLE audit_seals (
  workspace_id text COLLATE "C" NOT NULL,
  seq          bigint NOT NULL,
  entry_id     text COLLATE "C" NOT NULL UNIQUE,
  hash         text NOT NULL, -- SHA-256, in hex, of the hash before it and of the entry
  sealed_at    timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, seq)
);

-- Where a chain ends, and where it begins since old entries went.
CREATE TABLE audit_heads (
  workspace_id text COLLATE "C" PRIMARY KEY,
  seq          bigint NOT NULL DEFAULT 0,
  hash         text NOT NULL DEFAULT repeat('0', 64),
  base_seq     bigint NOT NULL DEFAULT 0,
  base_hash    text NOT NULL DEFAULT repeat('0', 64),
  CHECK (base_seq <= seq)
);

-- +goose StatementBegin
CREATE FUNCTION note_audit_entries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO audit_pending (entry_id, workspace_id) SELECT id, workspace_id FROM written;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER note_audit_entries AFTER INSERT ON audit_log REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_audit_entries();

-- What is there is sealed, too, in the order of its ids.
INSERT INTO audit_pending (entry_id, workspace_id) SELECT id, workspace_id FROM audit_log;

-- Nothing is changed, and nothing goes but what the chain no longer begins with:
-- the head says so first, and that it does is an entry of the log.
DROP TRIGGER keep_audit_log ON audit_log;
CREATE TRIGGER keep_audit_log BEFORE UPDATE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_log();
CREATE TRIGGER keep_audit_seals BEFORE UPDATE OR TRUNCATE ON audit_seals FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_log();
CREATE TRIGGER keep_audit_pending BEFORE UPDATE OR TRUNCATE ON audit_pending FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_log();

-- +goose StatementBegin
CREATE FUNCTION keep_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM audit_seals s JOIN audit_heads h USING (workspace_id)
      WHERE s.entry_id = OLD.id AND s.workspace_id = OLD.workspace_id AND s.seq <= h.base_seq) THEN
    RAISE EXCEPTION 'the audit log is only ever added to';
  END IF;
  RETURN OLD;
END $$;
CREATE FUNCTION keep_audit_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM audit_heads h WHERE h.workspace_id = OLD.workspace_id AND OLD.seq <= h.base_seq) THEN
    RAISE EXCEPTION 'the audit log is only ever added to';
  END IF;
  RETURN OLD;
END $$;
CREATE FUNCTION keep_audit_pending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM audit_seals s WHERE s.entry_id = OLD.entry_id) THEN
    RAISE EXCEPTION 'an entry of the audit log is sealed before it is struck off';
  END IF;
  RETURN OLD;
END $$;
CREATE FUNCTION keep_audit_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.workspace_id <> OLD.workspace_id OR NEW.seq < OLD.seq OR NEW.base_seq < OLD.base_seq
    OR (NEW.seq = OLD.seq AND NEW.hash <> OLD.hash)
    OR (NEW.base_seq = OLD.base_seq AND NEW.base_hash <> OLD.base_hash)
    OR (NEW.base_seq > OLD.base_seq AND NOT EXISTS (SELECT FROM audit_seals s
      WHERE s.workspace_id = OLD.workspace_id AND s.seq = NEW.base_seq AND s.hash = NEW.base_hash)) THEN
    RAISE EXCEPTION 'the audit log is only ever added to';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER keep_audit_entry BEFORE DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION keep_audit_entry();
CREATE TRIGGER keep_audit_seal BEFORE DELETE ON audit_seals FOR EACH ROW EXECUTE FUNCTION keep_audit_seal();
CREATE TRIGGER keep_audit_note BEFORE DELETE ON audit_pending FOR EACH ROW EXECUTE FUNCTION keep_audit_pending();
CREATE TRIGGER keep_audit_head BEFORE UPDATE OR DELETE ON audit_heads FOR EACH ROW EXECUTE FUNCTION keep_audit_head();
CREATE TRIGGER keep_audit_heads BEFORE TRUNCATE ON audit_heads FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_log();
