package db_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// Who migrates waits for whoever does so already, and is told at the end who that is;
// the lock of one whose process died is nobody's.
func TestMigrateSaysWhoHoldsTheLock(t *testing.T) {
	t.Parallel()
	url := empty(t)
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	tx, err := c.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), "SELECT set_config('application_name', 'patchbay migrate, process 7 on elsewhere', true), pg_advisory_xact_lock(4097083626)")
	}
	if err != nil {
		t.Fatal(err)
	}
	err = db.MigrateWithin(t.Context(), url, 300*time.Millisecond)
	held, ok := errors.AsType[*db.HeldError](err)
	if !ok || held.Holder == nil || held.Holder.PID == 0 || time.Since(held.Holder.Since) > time.Hour {
		t.Fatalf("%v", err)
	}
	if said := held.Error(); !strings.Contains(said, "process 7 on elsewhere, since 20") || !strings.Contains(said, "--wait") {
		t.Error(said)
	}
	waits := make(chan error, 1)
	go func() { waits <- db.MigrateWithin(context.Background(), url, 10*time.Minute) }()
	select {
	case err := <-waits:
		t.Fatal("it did not wait:", err)
	case <-time.After(500 * time.Millisecond):
	}
	if err := c.Close(t.Context()); err != nil { // the process dies
		t.Fatal(err)
	}
	if err := <-waits; err != nil {
		t.Error(err)
	}
	d := open(t, url)
	exec(t, url, "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)") // something is to be done again
	err = d.Hold(t.Context(), func(still func() error) error {
		if err := db.MigrateWithin(t.Context(), url, 0); err == nil || !strings.Contains(err.Error(), "patchbay backup") {
			t.Error(err)
		}
		return still()
	})
	if err != nil {
		t.Error(err)
	}
	if h, err := d.Migrating(t.Context()); err != nil || h != nil {
		t.Error(h, err)
	}
}

func open(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(url, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// A program works on its own schema, and beside a newer one only where each migration
// that it does not know says so.
func TestFits(t *testing.T) {
	t.Parallel()
	url := testkit.DatabaseURL(t)
	d := open(t, url)
	newest, err := db.Newest()
	if err != nil {
		t.Fatal(err)
	}
	fits := func(what string, beside int64, want error, says string) {
		t.Helper()
		got, err := d.Fits(t.Context())
		if got != beside || !errors.Is(err, want) || want != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %d, %v", what, got, err)
		}
	}
	fits("its own", 0, nil, "")
	if p, err := d.Planned(t.Context()); err != nil || len(p.Missing) != 0 || !strings.Contains(p.String(), "The schema is this version's") {
		t.Error(p, err)
	}
	exec(t, url, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9998, true), (9999, true)")
	fits("a newer one of which nothing is known", 0, db.ErrNewerSchema, "9999")
	exec(t, url, "INSERT INTO schema_marks VALUES (9998, 0)")
	fits("one of two is good", 0, db.ErrNewerSchema, "9999")
	exec(t, url, "INSERT INTO schema_marks VALUES (9999, 9998)")
	fits("one takes something away", 0, db.ErrNewerSchema, "Install the version")
	exec(t, url, "UPDATE schema_marks SET needs = (SELECT max(version_id) FROM goose_db_version WHERE version_id < 9998) WHERE version = 9999")
	fits("it took away what this version does not need", 9999, nil, "")
	exec(t, url, "DELETE FROM goose_db_version WHERE version_id >= 9998 OR version_id = 2")
	fits("an older one", 0, db.ErrOlderSchema, "0002. Run: patchbay migrate")
	p, err := d.Planned(t.Context())
	if err != nil || len(p.Missing) != 1 || p.Missing[0].Version != 2 || p.Schema != newest || !strings.Contains(p.String(), "to apply  0002_") {
		t.Errorf("%+v, %v", p, err)
	}
	nothing := open(t, empty(t))
	if _, err := nothing.Fits(t.Context()); !errors.Is(err, db.ErrOlderSchema) {
		t.Error("an empty database:", err)
	}
}

// What a migration says of itself is read as it is written, and a slip is found.
func TestMarks(t *testing.T) {
	t.Parallel()
	m, err := db.ReadMarks(130, "-- +goose Up\n-- contracts (needs 0125): nobody reads it\n-- locks: it is small\nDROP TABLE x;")
	if err != nil || m.Needs != 125 || m.Contracts != "nobody reads it" || m.Locks != "it is small" {
		t.Errorf("%+v, %v", m, err)
	}
	if m, err := db.ReadMarks(130, "-- contracts: nobody\n-- locks:\nSELECT 1"); err != nil || m.Contracts != "" || m.Locks != "" {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := db.ReadMarks(130, "-- contracts (needs 0131): later"); err == nil {
		t.Error("it needs what comes after it")
	}
}
