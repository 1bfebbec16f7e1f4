package db_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// empty returns the address of a database without a schema.
func empty(t *testing.T) string {
	t.Helper()
	url := testkit.DatabaseURL(t)
	exec(t, url, "DROP SCHEMA public CASCADE")
	exec(t, url, "CREATE SCHEMA public")
	return url
}

func exec(t *testing.T, url, query string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, query); err != nil {
		t.Fatal(err)
	}
}

// Processes that migrate an empty database at once all end well, and each step
// is done once. Migrating again changes nothing.
func TestMigrate(t *testing.T) {
	t.Parallel()
	url := empty(t)
	var g errgroup.Group
	for range 2 {
		g.Go(func() error { return db.Migrate(t.Context(), url) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	exec(t, url, "INSERT INTO workspaces (id, name, created_at) VALUES ('o_kept', 'Kept', now())")
	if err := db.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	var kept, doubled int
	err = c.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM workspaces WHERE id = 'o_kept'),
		(SELECT count(*) - count(DISTINCT version_id) FROM goose_db_version)`).Scan(&kept, &doubled)
	if err != nil || kept != 1 || doubled != 0 {
		t.Fatalf("kept %d rows, %d steps were done twice, %v", kept, doubled, err)
	}
}

// A migration that was merged later than one with a higher number is applied all the same.
func TestMigrateOutOfOrder(t *testing.T) {
	t.Parallel()
	url := testkit.DatabaseURL(t)
	exec(t, url, "DROP TABLE schema_marks")
	exec(t, url, "UPDATE goose_db_version SET version_id = 9000 WHERE version_id = 124")
	if err := db.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	exec(t, url, "SELECT version FROM schema_marks")
}

// Two databases of one server may migrate at once, though they share the role.
func TestMigrateTwoDatabases(t *testing.T) {
	t.Parallel()
	var g errgroup.Group
	for _, url := range []string{empty(t), empty(t)} {
		g.Go(func() error { return db.Migrate(t.Context(), url) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}
