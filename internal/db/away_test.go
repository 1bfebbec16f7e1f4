package db_test

import (
	"context"
	"errors"
	"net/url"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/local"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// That the database is away is told as that; other errors of it are not.
func TestAway(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	err := d.System(t.Context(), func(tx *gorm.DB) error {
		return errors.Join(tx.Exec("SELECT pg_terminate_backend(pg_backend_pid())").Error, tx.Exec("SELECT 1").Error)
	})
	if !errors.Is(err, db.ErrAway) {
		t.Errorf("it is stopped in the middle: %v", err)
	}
	err = d.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec("SELECT 1/0").Error })
	if err == nil || errors.Is(err, db.ErrAway) {
		t.Errorf("a wrong question: %v", err)
	}
	if err := d.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec("SELECT 1").Error }); err != nil {
		t.Errorf("it is there again: %v", err)
	}
}

func write(t *testing.T, d *db.DB) error {
	t.Helper()
	return d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO workspaces (id, name, created_at) VALUES (?, 'Test', now())", id.New("o")).Error
	})
}

// A connection to a server that stopped to take writes is given up, so that the next
// question goes to one that does.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	at := testkit.DatabaseURL(t)
	c, err := pgx.Connect(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	set := func(to string) {
		if _, err := c.Exec(t.Context(), "ALTER DATABASE "+pgx.Identifier{c.Config().Database}.Sanitize()+" SET default_transaction_read_only = "+to); err != nil {
			t.Fatal(err)
		}
	}
	set("on")
	d, err := db.Open(at, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := write(t, d); !errors.Is(err, db.ErrAway) {
		t.Fatalf("a server that takes no writes: %v", err)
	}
	set("off")
	if err := write(t, d); err != nil {
		t.Fatalf("the connection is the old one: %v", err)
	}
}

// replicated starts a PostgreSQL and a standby, to which each commit goes before it is
// one, and returns an address that leads to whichever of them takes writes.
func replicated(t *testing.T) (primary, standby *local.Process, both string) {
	t.Helper()
	o := local.PostgresOptions{Ephemeral: true, MaxConnections: 30, Settings: []string{"wal_level=replica", "max_wal_senders=4", "synchronous_commit=on"}}
	start := func() *local.Process {
		p, err := local.StartPostgres(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Stop() })
		return p
	}
	primary = start()
	if err := db.Migrate(t.Context(), primary.URL()); err != nil {
		t.Fatal(err)
	}
	o.Of = primary
	standby = start()
	u, err := url.Parse(primary.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery = url.Values{"host": {primary.Dir() + "," + standby.Dir()}, "port": {"5432,5432"}, "target_session_attrs": {"read-write"}}.Encode()
	return primary, standby, u.String()
}

// follow has each commit wait for the standby.
func follow(t *testing.T, primary *local.Process) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), primary.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	for _, q := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		if _, err := c.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	testkit.Eventually(t, "the standby is waited for", func() bool {
		var state string
		err := c.QueryRow(t.Context(), "SELECT sync_state FROM pg_stat_replication").Scan(&state)
		return err == nil && state == "sync"
	})
}

// A standby takes over from a server that is killed, with all that was committed, and
// a pool that names both finds it.
func TestStandbyTakesOver(t *testing.T) {
	t.Parallel()
	primary, standby, both := replicated(t)
	follow(t, primary)
	d, err := db.Open(both, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := write(t, d); err != nil {
		t.Fatal(err)
	}
	if err := primary.Crash(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	if err := write(t, d); !errors.Is(err, db.ErrAway) {
		t.Fatalf("before anybody took over: %v", err)
	}
	if err := standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the pool finds the server that took over", func() bool { return write(t, d) == nil })
	var n int
	if err := d.Look(t.Context(), func(q *gorm.DB) error { return q.Raw("SELECT count(*) FROM workspaces").Scan(&n).Error }); err != nil || n != 2 {
		t.Fatalf("%d workspaces, want 2: %v", n, err)
	}
}
