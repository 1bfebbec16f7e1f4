package db_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

func list(t *testing.T, d *db.DB, s tenant.Scope, c db.Cursor) *db.Page[user] {
	t.Helper()
	var page *db.Page[user]
	err := d.In(t.Context(), s, func(tx *gorm.DB) (err error) {
		page, err = db.List(tx.Where("external_id LIKE 'u%'"), c, func(u *user) string { return u.ID })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func names(p *db.Page[user]) []string {
	out := []string{}
	for _, u := range p.Items {
		out = append(out, u.ExternalID)
	}
	return out
}

// seeded returns a scope with users u1 … un and one that the list leaves out.
func seeded(t *testing.T, n int) (*db.DB, tenant.Scope) {
	t.Helper()
	d := testkit.DB(t)
	s := testkit.Scope(t, d)
	err := d.In(t.Context(), s, func(tx *gorm.DB) error {
		for i := range n {
			if err := addUser(tx, fmt.Sprintf("u%d", i+1)); err != nil {
				return err
			}
		}
		return addUser(tx, "left out")
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, s
}

// What is very long is told to be longer than is counted, and read to its end all the same.
func TestListThatIsLong(t *testing.T) {
	t.Parallel()
	d, s := seeded(t, 0)
	more := func(from, to int) {
		err := d.In(t.Context(), s, func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO external_users (id, external_id, created_at, updated_at) SELECT 'exu_' || to_char(g, 'FM00000000'), 'u' || g, now(), now() FROM generate_series(?::int, ?::int) g", from, to).Error
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct{ from, to, total int }{{1, db.LongList - 1, db.LongList - 1}, {db.LongList, db.LongList, db.LongList}, {db.LongList + 1, db.LongList + 500, db.LongList + 1}} {
		more(x.from, x.to)
		if p := list(t, d, s, db.Cursor{Limit: 2}); p.Total != x.total || p.End == nil {
			t.Errorf("of %d: %d, %v", x.to, p.Total, p.End)
		}
	}
}

// A client that goes on until end_cursor is nil sees each row once, newest
// first, and then stops. Items is never nil, and the total is that of the list.
func TestListForward(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rows  int
		pages [][]string
	}{
		"no rows":                      {0, [][]string{{}}},
		"one row":                      {1, [][]string{{"u1"}}},
		"a page that is just full":     {2, [][]string{{"u2", "u1"}}},
		"a second page with one row":   {3, [][]string{{"u3", "u2"}, {"u1"}}},
		"pages that are all full":      {4, [][]string{{"u4", "u3"}, {"u2", "u1"}}},
		"a third page that ends early": {5, [][]string{{"u5", "u4"}, {"u3", "u2"}, {"u1"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, s := seeded(t, tt.rows)
			var got [][]string
			c := db.Cursor{Limit: 2}
			for range tt.rows + 2 { // a bound: a cursor that never ends must fail the test, not hang it
				p := list(t, d, s, c)
				if p.Items == nil || p.Total != tt.rows {
					t.Fatalf("Items = %v, Total = %d, want %d", p.Items, p.Total, tt.rows)
				}
				got = append(got, names(p))
				if p.End == nil {
					break
				}
				c.After = *p.End
			}
			if diff := cmp.Diff(tt.pages, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

// The start cursor of a page leads back to the page before it, in the same
// order; what it gives leads forward again.
func TestListBackward(t *testing.T) {
	t.Parallel()
	d, s := seeded(t, 5)
	first := list(t, d, s, db.Cursor{Limit: 2})
	second := list(t, d, s, db.Cursor{Limit: 2, After: *first.End})
	third := list(t, d, s, db.Cursor{Limit: 2, After: *second.End})
	back := list(t, d, s, db.Cursor{Limit: 2, Before: *third.Start})
	if diff := cmp.Diff(names(second), names(back)); diff != "" {
		t.Fatal(diff)
	}
	if back.End == nil || *back.End != *second.End || *back.Start != *second.Start {
		t.Fatal("the page before has other cursors than it had on the way forward")
	}
	if p := list(t, d, s, db.Cursor{Limit: 2, Before: *first.Start}); len(p.Items) != 0 || p.Items == nil || p.End != nil || p.Start != nil {
		t.Fatalf("before the first page: %+v", p)
	}
	both := list(t, d, s, db.Cursor{Limit: 2, After: *first.End, Before: *first.Start})
	if diff := cmp.Diff(names(second), names(both)); diff != "" {
		t.Fatal("after goes before before:", diff)
	}
}

// Without a limit a page has DefaultLimit rows.
func TestListDefaultLimit(t *testing.T) {
	t.Parallel()
	d, s := seeded(t, db.DefaultLimit+1)
	if p := list(t, d, s, db.Cursor{}); len(p.Items) != db.DefaultLimit || p.End == nil {
		t.Fatalf("%d items", len(p.Items))
	}
	if p := list(t, d, s, db.Cursor{Limit: -1}); len(p.Items) != db.DefaultLimit {
		t.Fatalf("%d items for a negative limit", len(p.Items))
	}
}

// A cursor that no list gave out is the caller's mistake, never an outage.
func TestListRefusesForeignCursors(t *testing.T) {
	t.Parallel()
	d, s := seeded(t, 1)
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	cursors := map[string]string{
		"no base64":               "!!!",
		"padded":                  base64.URLEncoding.EncodeToString([]byte("exu_1")),
		"bytes that are not text": encode("\xff\xfe"),
		"a zero byte":             encode("exu_\x00"),
		"a sentence":              encode("'; DROP TABLE x"),
	}
	for name, cursor := range cursors {
		for _, c := range []db.Cursor{{After: cursor}, {Before: cursor}} {
			err := d.In(t.Context(), s, func(tx *gorm.DB) error {
				_, err := db.List(tx, c, func(u *user) string { return u.ID })
				return err
			})
			if !errors.Is(err, db.ErrCursor) {
				t.Errorf("%s: %v, want ErrCursor", name, err)
			}
		}
	}
}

// One returns what the caller names when there is no row, and Affected when no
// row was touched; an outage stays an outage.
func TestMissing(t *testing.T) {
	t.Parallel()
	d, s := seeded(t, 1)
	missing := errors.New("missing")
	err := d.In(t.Context(), s, func(tx *gorm.DB) error {
		if _, err := db.One[user](tx.Where("external_id = 'u1'"), missing); err != nil {
			t.Error(err)
		}
		if _, err := db.One[user](tx.Where("external_id = 'zz'"), missing); !errors.Is(err, missing) {
			t.Error(err)
		}
		if err := db.Affected(tx.Exec("UPDATE external_users SET external_id = 'u2' WHERE external_id = 'zz'"), missing); !errors.Is(err, missing) {
			t.Error(err)
		}
		if err := db.Affected(tx.Exec("UPDATE external_users SET external_id = 'u2' WHERE external_id = 'u1'"), missing); err != nil {
			t.Error(err)
		}
		_, err := db.One[user](tx.Where("no_such_column = 1"), missing)
		return err
	})
	if err == nil || errors.Is(err, missing) {
		t.Fatalf("a broken query gave %v", err)
	}
}
