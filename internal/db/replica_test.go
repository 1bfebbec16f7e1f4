package db_test

import (
	"context"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// Lists are read from a replica as long as it follows: each has what was written before
// it was asked for, and nothing of another tenant. Where the replica is behind or gone,
// or was promoted, the primary is asked.
func TestReplica(t *testing.T) {
	t.Parallel()
	primary, standby, _ := replicated(t)
	d, err := db.Open(primary.URL(), 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.ReadFrom(standby.URL(), 2); err != nil {
		t.Fatal(err)
	}
	mine, others := testkit.Scope(t, d), testkit.Scope(t, d)
	add := func(s tenant.Scope) {
		t.Helper()
		err := d.In(t.Context(), s, func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO external_users (id, environment_id, external_id, created_at, updated_at) VALUES (?, ?, ?, now(), now())", id.New("exu"), s.Environment(), id.New("x")).Error
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	read := func(s tenant.Scope) (n int, byReplica bool) {
		t.Helper()
		err := d.Read(t.Context(), s, func(tx *gorm.DB) error {
			return tx.Raw("SELECT (SELECT count(*) FROM external_users), pg_is_in_recovery()").Row().Scan(&n, &byReplica)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n, byReplica
	}
	n, often := 0, 0
	more := func() (byReplica bool) {
		t.Helper()
		add(mine)
		n++
		got, byReplica := read(mine)
		if got != n {
			t.Fatalf("%d users, want %d; by the replica: %v", got, n, byReplica)
		}
		return byReplica
	}
	testkit.Eventually(t, "the replica is asked", more)
	for range 50 {
		if more() {
			often++
		}
	}
	if often == 0 {
		t.Error("the replica was never asked again")
	}
	add(others)
	testkit.Eventually(t, "another tenant's list is read from the replica", func() bool {
		got, byReplica := read(others)
		if got != 1 {
			t.Fatalf("another tenant sees %d users", got)
		}
		return byReplica
	})
	if err := d.Read(t.Context(), tenant.Scope{}, func(*gorm.DB) error { return nil }); err == nil {
		t.Error("nobody reads")
	}
	c, err := pgx.Connect(t.Context(), standby.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	do := func(q string) {
		t.Helper()
		if _, err := c.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	do("SELECT pg_wal_replay_pause()")
	testkit.Eventually(t, "the replica stands still", func() bool {
		var state string
		return c.QueryRow(t.Context(), "SELECT pg_get_wal_replay_pause_state()").Scan(&state) == nil && state == "paused"
	})
	for range 3 {
		if more() {
			t.Fatal("it was read from a replica that is behind")
		}
	}
	do("SELECT pg_wal_replay_resume()")
	testkit.Eventually(t, "the replica is asked again", more)
	if err := standby.Crash(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if more() {
			t.Fatal("it was read from a replica that is gone")
		}
	}
}
