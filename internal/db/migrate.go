package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/migrations"
)

// Migrate brings the database at url to the newest schema. Two processes that
// call it at once wait for each other; a schema that is up to date is left as it is.
func Migrate(ctx context.Context, url string) error {
	conn, err := sql.Open("pgx", url)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { _ = conn.Close() }()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("migration lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, conn, migrations.FS, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
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
	known, err := known()
	if err != nil {
		return nil, nil, err
	}
	for _, v := range known {
		if at := slices.Index(applied, v); at >= 0 {
			applied = slices.Delete(applied, at, at+1)
			continue
		}
		missing = append(missing, v)
	}
	return missing, applied, nil
}

// known are the migrations of this version, the oldest first.
func known() (versions []int64, err error) {
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	for _, f := range files {
		v, err := goose.NumericComponent(f)
		if err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
		versions = append(versions, v)
	}
	slices.Sort(versions)
	return versions, nil
}

// Newest is the schema of this version: its newest migration.
func Newest() (int64, error) {
	all, err := known()
	if err != nil {
		return 0, err
	}
	return all[len(all)-1], nil
}
