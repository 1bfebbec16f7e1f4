// Package testkit gives tests a real PostgreSQL, migrated and empty, in about 70 ms.
package testkit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/migrations"
)

// connections is how many a test's database has.
const connections = 4

var template = sync.OnceValues(makeTemplate)

// DB returns a database of the test's own, cloned from a migrated template.
func DB(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.Open(DatabaseURL(t), connections)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Warm opens all connections of a database that DB returned, so that what a
// test then does at once does meet: opening one takes longer than most races last.
func Warm(t testing.TB, d *db.DB) {
	t.Helper()
	var all sync.WaitGroup
	all.Add(connections)
	var g errgroup.Group
	for range connections {
		g.Go(func() error {
			return d.System(t.Context(), func(tx *gorm.DB) error {
				all.Done()
				all.Wait()
				return nil
			})
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// Waiting returns when n connections of a database wait for a lock. It takes
// one itself, as does whoever holds the lock.
func Waiting(t testing.TB, d *db.DB, n int) {
	t.Helper()
	Eventually(t, "somebody waits for a lock", func() bool {
		var waiting int
		err := d.System(t.Context(), func(tx *gorm.DB) error {
			return tx.Raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting).Error
		})
		return err == nil && waiting == n
	})
}

// DatabaseURL returns the address of a database of the test's own, for tests
// that start the whole program. It is gone when the test ends.
func DatabaseURL(t testing.TB) string {
	t.Helper()
	from, err := template()
	if err != nil {
		t.Fatalf("template database: %v", err)
	}
	name := id.New("test")
	admin(t, "CREATE DATABASE "+name+" TEMPLATE "+from+" STRATEGY FILE_COPY")
	t.Cleanup(func() { admin(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := urlOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Scope makes a workspace with a project and returns the scope of the
// project's environment "development".
func Scope(t testing.TB, d *db.DB) tenant.Scope {
	t.Helper()
	workspace, project, env := id.New("o"), id.New("proj"), id.New("env")
	err := d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec(`WITH w AS (INSERT INTO workspaces (id, name, created_at) VALUES (?, 'Test', now())),
			p AS (INSERT INTO projects (id, workspace_id, name, created_at, updated_at) VALUES (?, ?, 'Test', now(), now()))
			INSERT INTO environments (id, project_id, name) VALUES (?, ?, 'development'), (?, ?, 'production')`,
			workspace, project, workspace, env, project, id.New("env"), project).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	return tenant.NewScope(project, env, tenant.Development)
}

// makeTemplate builds the template once per content of migrations/, for all
// test binaries: its name is their hash, and an advisory lock lets one build it.
func makeTemplate() (string, error) {
	ctx := context.Background()
	files, _ := fs.Glob(migrations.FS, "*.sql")
	h := sha256.New()
	for _, f := range files {
		b, _ := migrations.FS.ReadFile(f)
		h.Write(b)
	}
	name := fmt.Sprintf("template_%x", h.Sum(nil)[:8])
	server, err := urlOf("postgres")
	if err != nil {
		return "", err
	}
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock(hashtext('testkit'))"); err != nil { // held until c closes
		return "", err
	}
	var exists bool
	if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil || exists {
		return name, err
	}
	draft := name + "_draft" // renamed when whole, so that a crash leaves no half-made template
	for _, q := range []string{"DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)", "CREATE DATABASE " + draft} {
		if _, err := c.Exec(ctx, q); err != nil {
			return "", err
		}
	}
	target, err := urlOf(draft)
	if err != nil {
		return "", err
	}
	if err := db.Migrate(ctx, target); err != nil {
		return "", err
	}
	_, err = c.Exec(ctx, "ALTER DATABASE "+draft+" RENAME TO "+name)
	return name, err
}

func admin(t testing.TB, q string) {
	t.Helper()
	ctx := context.Background() // a clean-up runs after the test's own context has ended
	server, err := urlOf("postgres")
	if err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, q); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// urlOf names another database on the test server, which may be behind a unix
// socket: postgres://user@/name?host=/directory.
func urlOf(database string) (string, error) {
	u, err := url.Parse(os.Getenv("TEST_DATABASE_URL"))
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", errors.New("TEST_DATABASE_URL must name a PostgreSQL server. Fix: make test, or for one package: go run ./internal/testkit/services -- go test ./internal/db")
	}
	u.Path = "/" + database
	return u.String(), nil
}
