package backup

import (
	"archive/tar"
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/spool"
)

// Wish is how a backup is made.
type Wish struct {
	Ring       *keys.Keys // nil = without what opens the secrets
	Passphrase secret.Text
}

// Write writes a backup while everything runs. What its rows name is in it: blobs are
// put before the rows that name them, and from before the database is copied until
// the last blob is, none is let go.
func (s *Service) Write(ctx context.Context, name string, w Wish) (*Manifest, error) {
	if w.Ring != nil {
		if err := keys.CheckPassphrase(w.Passphrase); err != nil {
			return nil, err //nolint:wrapcheck // a sentence
		}
	}
	f, err := create(name)
	if err != nil {
		return nil, err
	}
	defer f.discard()
	m := &Manifest{Format: Format, ID: id.New("bkp"), Version: s.Version, WithKey: w.Ring != nil, Rows: map[string]int64{}}
	err = s.DB.Hold(ctx, func(still func() error) error {
		if err := s.copy(ctx, f, m, w); err != nil {
			return err
		}
		if err := still(); err != nil {
			return fmt.Errorf("the connection that kept what is copied was lost on the way. Try again: %w", err)
		}
		m.FinishedAt = s.Now().UTC()
		return f.finish(m)
	})
	if err != nil {
		return nil, err //nolint:wrapcheck // each says what it did
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE backups SET finished_at = ? WHERE id = ?", m.FinishedAt, m.ID).Error
	})
	if err != nil {
		return nil, fmt.Errorf("%s is whole, but that could not be noted: %w", name, err)
	}
	return m, nil
}

// copy writes every part but the manifest.
func (s *Service) copy(ctx context.Context, f *file, m *Manifest, w Wish) error {
	m.BeganAt = s.Now().UTC()
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO backups (id, version, with_key, began_at) VALUES (?, ?, ?, ?)", m.ID, m.Version, m.WithKey, m.BeganAt).Error
	})
	if err != nil {
		return fmt.Errorf("note the backup: %w", err)
	}
	waiting := map[string]*spool.Entry{}
	if err := s.spooled(ctx, waiting); err != nil {
		return err
	}
	return s.DB.System(ctx, func(tx *gorm.DB) error { // whose snapshot is what is copied
		snapshot, err := s.begin(tx, m)
		if err != nil {
			return err
		}
		if m.Key, err = s.Keys.Identity(ctx); err != nil {
			return err //nolint:wrapcheck // says what it did
		}
		if w.Ring != nil { // after the snapshot: it has every data key that seals anything there
			if err := f.part(partKeys, zip.Store, m.BeganAt, func(to io.Writer) error { return w.Ring.Backup(ctx, to, w.Passphrase) }); err != nil {
				return err
			}
		}
		if err := s.dump(ctx, f, m, snapshot); err != nil {
			return err
		}
		if err := s.blobs(ctx, tx, f, m); err != nil {
			return err
		}
		// Once more: what was put meanwhile may be the only copy of a token.
		if err := s.spooled(ctx, waiting); err != nil {
			return err
		}
		m.Spooled = len(waiting)
		return f.part(partSpool, zip.Store, m.BeganAt, func(to io.Writer) error { return writeSpool(to, waiting) })
	})
}

// begin takes the snapshot and reads what is told of it.
func (s *Service) begin(tx *gorm.DB, m *Manifest) (snapshot string, err error) {
	for _, set := range []string{
		"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "SET LOCAL idle_in_transaction_session_timeout = 0", "SET LOCAL statement_timeout = 0",
	} {
		if err := tx.Exec(set).Error; err != nil {
			return "", fmt.Errorf("take a snapshot: %w", err)
		}
	}
	var at struct {
		Snapshot string
		Schema   int64
		Postgres int
	}
	err = tx.Raw(`SELECT pg_export_snapshot() AS snapshot, (SELECT max(version_id) FROM goose_db_version WHERE is_applied) AS schema,
		current_setting('server_version_num')::int / 10000 AS postgres`).Scan(&at).Error
	if err != nil {
		return "", fmt.Errorf("take a snapshot: %w", err)
	}
	m.Schema, m.Postgres = at.Schema, at.Postgres
	return at.Snapshot, count(tx, m.Rows)
}

func count(tx *gorm.DB, rows map[string]int64) error {
	for _, table := range counted {
		var n int64
		if err := tx.Raw("SELECT count(*) FROM " + table).Scan(&n).Error; err != nil {
			return fmt.Errorf("count %s: %w", table, err)
		}
		rows[table] = n
	}
	return nil
}

// dump copies the database as it is in a snapshot. Extensions that an operator has
// installed beside are left out, as not everybody may install them.
func (s *Service) dump(ctx context.Context, f *file, m *Manifest, snapshot string) error {
	return f.part(partDatabase, zip.Store, m.BeganAt, func(to io.Writer) error {
		p := &progress{s: s, to: to, what: "database"}
		err := s.tool(ctx, m.Postgres, "pg_dump", nil, p, "--format=custom", "--snapshot="+snapshot, "--extension=plpgsql", "--no-publications", "--no-subscriptions", "--lock-wait-timeout=60s")
		if err == nil {
			s.Say("database: %s copied", size(p.bytes))
		}
		return err
	})
}

// mostNamed is how many of the blobs that are lost are named.
const mostNamed = 100

// blobs copies what rows of the snapshot name.
func (s *Service) blobs(ctx context.Context, tx *gorm.DB, f *file, m *Manifest) error {
	m.Blobs.Lost = []string{}
	rows, err := tx.Raw(named).Rows()
	if err != nil {
		return fmt.Errorf("list blobs: %w", err)
	}
	defer func() { _ = rows.Close() }()
	return f.part(partBlobs, zip.Deflate, m.BeganAt, func(to io.Writer) error {
		out, p := tar.NewWriter(to), &progress{s: s, what: "payloads"}
		for rows.Next() {
			var key, sum string
			if err := rows.Scan(&key, &sum); err != nil {
				return fmt.Errorf("list blobs: %w", err)
			}
			n, err := s.blob(ctx, out, key, sum)
			if errors.Is(err, blob.ErrMissing) {
				if m.Blobs.LostCount++; len(m.Blobs.Lost) < mostNamed {
					m.Blobs.Lost = append(m.Blobs.Lost, key)
				}
				continue
			}
			if err != nil {
				return fmt.Errorf("copy payload %s: %w", key, err)
			}
			m.Blobs.Count, m.Blobs.Bytes = m.Blobs.Count+1, m.Blobs.Bytes+n
			p.add(n)
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("list blobs: %w", err)
		}
		s.Say("payloads: %d copied, %s", m.Blobs.Count, size(m.Blobs.Bytes))
		return out.Close()
	})
}

// errNoStore means that there are blobs, and no place is named where they are.
var errNoStore = errors.New("rows name payloads in a store, and PATCHBAY_BLOBS names none. Set it as the server has it")

// blob copies a blob. One that is not what was put is as good as lost, and copied
// nevertheless.
func (s *Service) blob(ctx context.Context, out *tar.Writer, name, sum string) (int64, error) {
	if s.Blobs == nil {
		return 0, errNoStore
	}
	k, err := blob.AnyKey(name)
	if err != nil {
		return 0, err //nolint:wrapcheck // says what it did
	}
	r, n, err := s.Blobs.Get(ctx, k)
	if err != nil {
		return 0, err //nolint:wrapcheck // says what it did
	}
	defer func() { _ = r.Close() }()
	if err := out.WriteHeader(&tar.Header{Name: name, Size: n, Mode: 0o600, Format: tar.FormatPAX}); err != nil {
		return 0, err //nolint:wrapcheck // its caller says it
	}
	hash := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(out, hash), r, n); err != nil {
		return 0, err //nolint:wrapcheck // its caller says it
	}
	if hex.EncodeToString(hash.Sum(nil)) != sum {
		return 0, blob.ErrMissing
	}
	return n, nil
}

// spooled adds what waits in the spool.
func (s *Service) spooled(ctx context.Context, to map[string]*spool.Entry) error {
	names, err := s.Spool.Names(ctx)
	if err != nil {
		return fmt.Errorf("read the spool: %w", err)
	}
	for _, name := range names {
		e, err := s.Spool.Get(ctx, name)
		if errors.Is(err, spool.ErrMissing) { // it was written to the database meanwhile
			continue
		}
		if err != nil {
			return fmt.Errorf("read the spool: %w", err)
		}
		to[name] = e
	}
	return nil
}

func writeSpool(to io.Writer, entries map[string]*spool.Entry) error {
	out := tar.NewWriter(to)
	for name, e := range entries {
		err := out.WriteHeader(&tar.Header{Name: name, Size: int64(len(e.Sealed)), Mode: 0o600, ModTime: e.Since, Format: tar.FormatPAX})
		if err == nil {
			_, err = out.Write(e.Sealed)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", partSpool, err)
		}
	}
	return out.Close()
}

// progress tells how far something is, every few seconds.
type progress struct {
	s     *Service
	to    io.Writer
	what  string
	bytes int64
	last  time.Time
}

func (p *progress) Write(b []byte) (int, error) {
	n, err := p.to.Write(b)
	p.add(int64(n))
	return n, err //nolint:wrapcheck // a writer's
}

func (p *progress) add(n int64) {
	p.bytes += n
	if now := p.s.Now(); p.last.IsZero() {
		p.last = now
	} else if now.Sub(p.last) > 5*time.Second {
		p.last = now
		p.s.Say("%s: %s …", p.what, size(p.bytes))
	}
}
