package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/migrations"
)

// MigrateWait is how long one who migrates waits for another.
const MigrateWait = 5 * time.Minute

// Migrate brings the database at url to the newest schema. Two processes that
// call it at once wait for each other; a schema that is up to date is left as it is.
func Migrate(ctx context.Context, url string) error { return MigrateWithin(ctx, url, MigrateWait) }

// MigrateWithin is Migrate for who waits no longer than that for another who migrates.
func MigrateWithin(ctx context.Context, url string, wait time.Duration) error {
	conn, err := sql.Open("pgx", url)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { _ = conn.Close() }()
	// Two branches number their migrations side by side, so that one may come after what
	// has a higher number. None depends on that: each only adds.
	p, err := goose.NewProvider(goose.DialectPostgres, conn, migrations.FS, goose.WithSessionLocker(&locker{db: conn, wait: wait}), goose.WithAllowOutofOrder(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		if held, ok := errors.AsType[*HeldError](err); ok {
			return held
		}
		return fmt.Errorf("migrate: %w", err)
	}
	return mark(ctx, conn)
}

// Schema compares the database with this version's migrations: missing are not
// applied yet, unknown were applied by another version. It changes nothing.
func (d *DB) Schema(ctx context.Context) (missing, unknown []int64, err error) {
	var applied []int64
	err = d.Look(ctx, func(q *gorm.DB) error {
		return q.Raw("SELECT version_id FROM goose_db_version WHERE is_applied AND version_id > 0").Scan(&applied).Error
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42P01" { // a database in which nothing was ever migrated
		err = nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read applied migrations: %w", err)
	}
	ours, err := known()
	if err != nil {
		return nil, nil, err
	}
	for _, m := range ours {
		if at := slices.Index(applied, m.Version); at >= 0 {
			applied = slices.Delete(applied, at, at+1)
			continue
		}
		missing = append(missing, m.Version)
	}
	slices.Sort(applied)
	return missing, applied, nil
}

// Migration is one of this version's.
type Migration struct {
	Version   int64  `json:"version"`
	File      string `json:"file"`
	Needs     int64  `json:"needs,omitempty"`     // programs of an older schema do not work beside it; 0 = all do
	Contracts string `json:"contracts,omitempty"` // why so
	Locks     string `json:"locks,omitempty"`     // why it may hold others up
}

// known are the migrations of this version, the oldest first.
func known() (all []Migration, err error) {
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	for _, f := range files {
		m := Migration{File: f}
		text, err := fs.ReadFile(migrations.FS, f)
		if err == nil {
			m.Version, err = goose.NumericComponent(f)
		}
		if err == nil {
			err = m.read(string(text))
		}
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", f, err)
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b Migration) int { return int(a.Version - b.Version) })
	return all, nil
}

// Newest is the schema of this version: its newest migration.
func Newest() (int64, error) {
	all, err := known()
	if err != nil {
		return 0, err
	}
	return all[len(all)-1].Version, nil
}
