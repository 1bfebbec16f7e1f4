package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/masterkey"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// Return is how a backup is restored.
type Return struct {
	Setting    string                      // of the master key
	Keys       []byte                      // a backup of the keys that lay elsewhere; nil = the one in the file
	Passphrase func() (secret.Text, error) // asked for if the master key is not there any more
}

// Look reads a file to its end and returns what it holds.
func (s *Service) Look(name string) (*Manifest, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	s.Say("looking whether all of %s is there …", name)
	return f.Manifest, f.whole()
}

// Restore makes an installation of a backup, in an empty database. All that can be
// refused is, before anything is written; the database then comes whole or not at all.
// Restored again, it goes on where it was cut off.
func (s *Service) Restore(ctx context.Context, name string, w Return) (*Manifest, error) {
	m, err := s.Look(name)
	if err != nil {
		return nil, err
	}
	newest, err := db.Newest()
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it did
	}
	if m.Schema > newest {
		return nil, fmt.Errorf("%w: %s, with schema %04d; this is %s, with schema %04d. Install that version, or a newer one", ErrNewer, m.Version, m.Schema, s.Version, newest)
	}
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	half, err := s.receives(ctx, m)
	if err != nil {
		return nil, err
	}
	sealed, passphrase, err := s.key(ctx, f, w)
	if err != nil {
		return nil, err
	}
	if m.Blobs.Count > 0 && s.Blobs == nil {
		return nil, fmt.Errorf("the backup holds %d payloads: name a place for them in PATCHBAY_BLOBS", m.Blobs.Count)
	}
	if !half {
		if err := s.fill(ctx, f); err != nil {
			return nil, err
		}
	}
	if err := s.unlock(ctx, w.Setting, sealed, passphrase); err != nil {
		return nil, fmt.Errorf("%w. The data are restored; mend this and call again: patchbay restore %s", err, name)
	}
	s.Say("migrating …")
	if err := db.Migrate(ctx, s.URL); err != nil {
		return nil, err //nolint:wrapcheck // says what it did
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE backups SET finished_at = ?, restored_at = ? WHERE id = ?", m.FinishedAt, s.Now().UTC(), m.ID).Error
	})
	if err != nil {
		return nil, fmt.Errorf("note the restore: %w", err)
	}
	return m, nil
}

// receives reports whether the database holds this very backup, of a restore that was
// cut off. It refuses one that holds anything else, or cannot take it.
func (s *Service) receives(ctx context.Context, m *Manifest) (half bool, err error) {
	var at struct {
		Postgres int
		Things   int
		Noted    bool
	}
	err = s.DB.Look(ctx, func(q *gorm.DB) error {
		return q.Raw(`SELECT current_setting('server_version_num')::int / 10000 AS postgres, to_regclass('backups') IS NOT NULL AS noted,
			(SELECT count(*) FROM pg_class c WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
				AND NOT pg_is_other_temp_schema(relnamespace) AND relnamespace::regnamespace::text NOT LIKE 'pg\_%'
				AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')) AS things`).Scan(&at).Error
	})
	if err != nil {
		return false, fmt.Errorf("look whether the database is empty: %w", err)
	}
	if at.Things > 0 {
		if at.Noted {
			err = s.DB.Look(ctx, func(q *gorm.DB) error {
				return q.Raw("SELECT EXISTS (SELECT FROM backups WHERE id = ? AND finished_at IS NULL AND restored_at IS NULL)", m.ID).Scan(&half).Error
			})
		}
		if err != nil || !half {
			return false, errors.Join(ErrNotEmpty, err)
		}
		return true, nil
	}
	if at.Postgres < m.Postgres {
		return false, fmt.Errorf("the backup is of PostgreSQL %d, and this server is PostgreSQL %d, which is older: restore into %d or newer", m.Postgres, at.Postgres, m.Postgres)
	}
	return false, nil
}

// key finds out how the secrets will open, before anything is written: by the master
// key that is set, or else by a backup of the keys and its passphrase.
func (s *Service) key(ctx context.Context, f *opened, w Return) (sealed []byte, passphrase secret.Text, err error) {
	m := f.Manifest
	k, err := masterkey.Open(ctx, w.Setting)
	if err == nil && k.Fingerprint == m.Key.Fingerprint {
		return nil, "", nil
	}
	if err != nil && !errors.Is(err, masterkey.ErrMissing) {
		return nil, "", fmt.Errorf("PATCHBAY_MASTER_KEY: %w", err)
	}
	sealed = w.Keys
	if sealed == nil && f.has(partKeys) {
		if err := f.read(partKeys, func(r io.Reader) (err error) { sealed, err = io.ReadAll(r); return err }); err != nil {
			return nil, "", err
		}
	}
	if sealed == nil {
		return nil, "", fmt.Errorf("%w: they are sealed under the master key %s, which was kept in %s, and it was made without the key. Bring that key to where PATCHBAY_MASTER_KEY says, or name a file of `patchbay keys backup`: --keys FILE",
			ErrNoKey, m.Key.Fingerprint, m.Key.Place)
	}
	if passphrase, err = w.Passphrase(); err != nil {
		return nil, "", err
	}
	return sealed, passphrase, keys.Opens(bytes.NewReader(sealed), passphrase) //nolint:wrapcheck // a sentence
}

// unlock has the master key open what was restored: the canary tells.
func (s *Service) unlock(ctx context.Context, setting string, sealed []byte, passphrase secret.Text) error {
	s.Say("trying the key …")
	if sealed != nil {
		if _, err := s.Keys.Restore(ctx, setting, bytes.NewReader(sealed), passphrase); err != nil {
			return err //nolint:wrapcheck // a sentence
		}
		return nil
	}
	_, err := s.Keys.Open(ctx, setting)
	return err //nolint:wrapcheck // a sentence
}

// fill puts blobs, then what waits in the spool, and then the database, which names
// them and is there at once. Each but the last may be done twice.
func (s *Service) fill(ctx context.Context, f *opened) error {
	if err := s.role(ctx); err != nil {
		return err
	}
	p := &progress{s: s, what: "payloads"}
	err := each(f, partBlobs, func(h *tar.Header, r io.Reader) error {
		k, err := blob.AnyKey(h.Name)
		if err != nil {
			return err //nolint:wrapcheck // says what it did
		}
		n, _, err := s.Blobs.Put(ctx, k, "application/octet-stream", r, h.Size)
		p.add(n)
		return err //nolint:wrapcheck // says what it did
	})
	if err != nil {
		return err
	}
	err = each(f, partSpool, func(h *tar.Header, r io.Reader) error {
		sealed, err := io.ReadAll(r)
		if err == nil {
			err = s.Spool.Put(ctx, h.Name, sealed)
		}
		return err //nolint:wrapcheck // says what it did
	})
	if err != nil {
		return err
	}
	return s.load(ctx, f)
}

// load brings the database back, as a whole or not at all.
func (s *Service) load(ctx context.Context, f *opened) error {
	var major int
	err := s.DB.Look(ctx, func(q *gorm.DB) error {
		return q.Raw("SELECT current_setting('server_version_num')::int / 10000").Scan(&major).Error
	})
	if err != nil {
		return fmt.Errorf("ask for the server's version: %w", err)
	}
	s.Say("database …")
	err = f.read(partDatabase, func(r io.Reader) error {
		return s.tool(ctx, major, "pg_restore", &reported{from: r, p: &progress{s: s, what: "database"}}, nil, "--single-transaction", "--exit-on-error", "--no-owner")
	})
	if err != nil {
		return err
	}
	now := map[string]int64{}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := count(tx, now); err != nil {
			return err
		}
		return tx.Exec("ANALYZE").Error // or the first queries of all would be planned in the dark
	})
	if err != nil {
		return err //nolint:wrapcheck // says what it did
	}
	if !maps.Equal(now, f.Manifest.Rows) {
		return fmt.Errorf("what was restored is not what was copied: %v rows, and not %v. Empty the database and begin anew", now, f.Manifest.Rows)
	}
	return nil
}

// role makes the role that tenants' work is done by, which belongs to the whole
// server and so is in no copy of a database.
func (s *Service) role(ctx context.Context) error {
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Exec(`DO $$ BEGIN
			IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'patchbay_app') THEN CREATE ROLE patchbay_app NOLOGIN; END IF;
			IF NOT has_schema_privilege('patchbay_app', 'public', 'USAGE') THEN GRANT USAGE ON SCHEMA public TO patchbay_app; END IF;
			IF NOT pg_has_role(current_user, 'patchbay_app', 'USAGE') THEN EXECUTE format('GRANT patchbay_app TO %I', current_user); END IF;
		END $$`).Error
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42501" {
		return fmt.Errorf("the role patchbay_app cannot be made (%s). As a superuser: CREATE ROLE patchbay_app NOLOGIN; GRANT patchbay_app TO the role in PATCHBAY_DATABASE_URL", pg.Message)
	}
	if err != nil {
		return fmt.Errorf("make the role patchbay_app: %w", err)
	}
	return nil
}

// each reads a part that is a tar. One that is not there is empty.
func each(f *opened, part string, do func(h *tar.Header, r io.Reader) error) error {
	if !f.has(part) {
		return nil
	}
	return f.read(part, func(r io.Reader) error {
		in := tar.NewReader(r)
		for {
			h, err := in.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = do(h, in)
			}
			if err != nil {
				return fmt.Errorf("restore %s: %w", part, err)
			}
		}
	})
}

// reported tells how far a reader is.
type reported struct {
	from io.Reader
	p    *progress
}

func (r *reported) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	r.p.add(int64(n))
	return n, err //nolint:wrapcheck // a reader's
}

// Last is when the newest backup was begun that this database knows of; the zero time
// = none was.
func Last(ctx context.Context, d *db.DB) (at time.Time, err error) {
	var found []time.Time
	err = d.Look(ctx, func(q *gorm.DB) error {
		return q.Raw("SELECT began_at FROM backups WHERE finished_at IS NOT NULL ORDER BY began_at DESC LIMIT 1").Scan(&found).Error
	})
	if err != nil {
		return at, fmt.Errorf("look for backups: %w", err)
	}
	if len(found) > 0 {
		at = found[0]
	}
	return at, nil
}
