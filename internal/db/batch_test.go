package db_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// batched reads what a scope sees, by way of a batch.
func batched(t *testing.T, d *db.DB, s tenant.Scope) (out []string) {
	t.Helper()
	err := d.Batch(t.Context(), s, func(b *db.Batch) error {
		b.Queue("SELECT external_id FROM external_users ORDER BY 1").Query(func(rows pgx.Rows) (err error) {
			out, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A batch sees and writes its scope's rows alone, whatever connection it gets.
func TestBatchStaysInTheScope(t *testing.T) {
	t.Parallel()
	d, mine, theirs, _, theirID := two(t)
	for range 3 {
		if got := batched(t, d, mine); len(got) != 1 || got[0] != "mine" {
			t.Fatalf("saw %v", got)
		}
		if got := batched(t, d, theirs); len(got) != 1 || got[0] != "theirs" {
			t.Fatalf("saw %v", got)
		}
	}
	err := d.Batch(t.Context(), mine, func(b *db.Batch) error {
		b.Queue("UPDATE external_users SET external_id = 'stolen' WHERE id = $1", theirID)
		b.Queue("UPDATE external_users SET external_id = 'written'")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := batched(t, d, mine), batched(t, d, theirs); a[0] != "written" || b[0] != "theirs" {
		t.Fatalf("%v and %v", a, b)
	}
	if err := d.Batch(t.Context(), tenant.Scope{}, func(*db.Batch) error { t.Error("it ran"); return nil }); !errors.Is(err, db.ErrNoScope) {
		t.Fatalf("%v, want ErrNoScope", err)
	}
}

// Whatever fails on the way, nothing of a batch is kept, and its connection
// serves again.
func TestBatchUndoes(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	s := testkit.Scope(t, d)
	boom := errors.New("boom")
	add := func(b *db.Batch) error {
		g, err := b.Gorm()
		if err != nil {
			return err
		}
		return addUser(g, "a")
	}
	for name, fn := range map[string]func(b *db.Batch) error{
		"the caller's error": func(b *db.Batch) error {
			if err := add(b); err != nil {
				return err
			}
			return boom
		},
		"a statement that is left queued": func(b *db.Batch) error {
			if err := add(b); err != nil {
				return err
			}
			b.Queue("SELECT 1 / 0")
			b.Queue("SELECT 1")
			return nil
		},
		"a failure that nobody heard of": func(b *db.Batch) error {
			if err := add(b); err != nil {
				return err
			}
			b.Queue("SELECT 1 / 0")
			if b.Send() == nil {
				t.Error("a division by zero")
			}
			return nil
		},
		"the first statement": func(b *db.Batch) error {
			b.Queue("SELECT nothing FROM nowhere")
			return b.Send()
		},
	} {
		for range 5 { // more often than there are connections
			if err := d.Batch(t.Context(), s, fn); err == nil {
				t.Errorf("%s: it succeeded", name)
			}
		}
	}
	if got := batched(t, d, s); len(got) != 0 {
		t.Fatalf("%d rows were kept", len(got))
	}
	if err := d.Batch(t.Context(), s, add); err != nil {
		t.Fatal(err)
	}
	if got := batched(t, d, s); len(got) != 1 {
		t.Fatalf("%d rows after one was added", len(got))
	}
}

// What gorm would do in a transaction of its own belongs to the batch's.
func TestBatchOwnsWhatGormBegins(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	s := testkit.Scope(t, d)
	boom := errors.New("boom")
	err := d.Batch(t.Context(), s, func(b *db.Batch) error {
		g, err := b.Gorm()
		if err != nil {
			return err
		}
		err = g.Transaction(func(tx *gorm.DB) error { return addUser(tx, "a") })
		if err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if n := count(t, d, s, "SELECT count(*) FROM external_users"); n != 0 {
		t.Fatalf("%d rows were kept", n)
	}
}
