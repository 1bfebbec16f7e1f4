package run_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/local"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// spent is what a database has done since it was made.
type spent struct{ inserts, updates, deletes, commits, wal int }

// alone is a PostgreSQL that nobody else writes to, so that what it writes can be
// counted.
type alone struct {
	t      *testing.T
	server *local.Process
	beside *pgx.Conn
	d      *db.DB
}

func newAlone(t *testing.T) *alone {
	t.Helper()
	server, err := local.StartPostgres(t.Context(), local.PostgresOptions{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	c, err := pgx.ParseConfig(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	c.Database = "postgres"
	a := &alone{t: t, server: server}
	if a.beside, err = pgx.ConnectConfig(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context(), server.URL()); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *alone) open() *db.DB {
	a.t.Helper()
	d, err := db.Open(a.server.URL(), 8)
	if err != nil {
		a.t.Fatal(err)
	}
	a.d = d
	return d
}

// spent closes the database: a connection that ends has told what it did.
func (a *alone) spent() (s spent) {
	a.t.Helper()
	if err := a.d.Close(); err != nil {
		a.t.Fatal(err)
	}
	testkit.Eventually(a.t, "all connections are gone", func() (gone bool) {
		err := a.beside.QueryRow(a.t.Context(), "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = 'patchbay')").Scan(&gone)
		return err == nil && gone
	})
	err := a.beside.QueryRow(a.t.Context(), `SELECT tup_inserted, tup_updated, tup_deleted, xact_commit, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint
		FROM pg_stat_database WHERE datname = 'patchbay'`).Scan(&s.inserts, &s.updates, &s.deletes, &s.commits, &s.wal)
	if err != nil {
		a.t.Fatal(err)
	}
	return s
}

// costs are what runs of so many steps cost, each, and their steps' payloads.
func (a *alone) costs(runs, steps int) (each spent, payload int) {
	t := a.t
	t.Helper()
	laid := newRigOn(t, a.open())
	var list []string
	for i := range steps {
		list = append(list, fmt.Sprintf(`{"name":"check_%d","type":"filter","if":"{{ trigger.body.n >= 0 }}"}`, i))
	}
	workflowID := laid.deploy(list...)
	ids := make([]string, runs)
	for i := range ids {
		ids[i] = laid.begin(workflowID, "", `{"body":{"n":1}}`)
	}
	before := a.spent()
	r := newRigOn(t, a.open())
	var g errgroup.Group
	g.SetLimit(64)
	for _, id := range ids {
		g.Go(func() error { return r.worker.Advance(t.Context(), laid.scope, id) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	var done int
	err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
		err := tx.Raw("SELECT count(*) FROM runs WHERE workflow_id = ? AND status = ?", workflowID, run.Succeeded).Scan(&done).Error
		if err != nil {
			return err
		}
		return tx.Raw("SELECT sum(octet_length(s.input) + octet_length(s.output)) FROM run_steps s JOIN runs r ON r.id = s.run_id WHERE r.workflow_id = ?", workflowID).Scan(&payload).Error
	})
	if err != nil || done != runs {
		t.Fatalf("%d runs succeeded, %v", done, err)
	}
	after := a.spent()
	return spent{after.inserts - before.inserts, after.updates - before.updates, after.deletes - before.deletes, after.commits - before.commits, after.wal - before.wal}, payload
}

// A run costs a row for each of its steps, two changes of its own row (it is
// claimed, it is over) and two statements, which runs share that are at it at the
// same time. It costs at most 2.5 kB of the database's log, and each step half a
// kilobyte, beside what it was given and brought.
func TestRunKeepsToItsBudget(t *testing.T) {
	t.Parallel()
	const (
		n, steps = 200, 10
		fixtures = 40 // another tenant, and the connections
	)
	a := newAlone(t)
	one, paid := a.costs(n, 1)
	many, more := a.costs(n, 1+steps)
	for of, c := range map[int]spent{1: one, 1 + steps: many} {
		t.Logf("%d steps: %.2f rows written, %.2f changed, %.2f statements, %d bytes of the log", of, float64(c.inserts)/n, float64(c.updates)/n, float64(c.commits)/n, c.wal/n)
		if c.inserts < n*of || c.inserts > n*of+fixtures || c.updates < 2*n || c.updates > 2*n+fixtures || c.deletes > fixtures {
			t.Errorf("%d rows were written, %d changed and %d deleted for %d runs of %d steps", c.inserts, c.updates, c.deletes, n, of)
		}
		if c.commits > 2*n+fixtures {
			t.Errorf("%d statements for %d runs", c.commits, n)
		}
	}
	if each := (many.wal - one.wal - more + paid) / (n * steps); each > 500 {
		t.Errorf("%d bytes of the log for each step", each)
	}
	if each := (one.wal - paid) / n; each > 2500 {
		t.Errorf("%d bytes of the log for a run of one step", each)
	}
}
