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

func ask(t *testing.T, d *db.DB, s tenant.Scope, sql string, args ...any) (out []string, err error) {
	t.Helper()
	err = d.Ask(t.Context(), s, sql, args, func(rows pgx.Rows) (err error) {
		out, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return out, err
}

// A question sees its scope's rows and no others, however it is asked; and what
// it went in as is over with it, also when it failed, for whoever has the
// connection next.
func TestAsk(t *testing.T) {
	t.Parallel()
	url := testkit.DatabaseURL(t)
	d, err := db.Open(url, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	mine, theirs := testkit.Scope(t, d), testkit.Scope(t, d)
	for s, name := range map[tenant.Scope]string{mine: "mine", theirs: "theirs"} {
		if err := d.In(t.Context(), s, func(tx *gorm.DB) error { return addUser(tx, name) }); err != nil {
			t.Fatal(err)
		}
	}
	everybody := func() (n int) {
		t.Helper()
		err := d.Pipe(t.Context(), func(c *pgx.Conn) error {
			return c.QueryRow(t.Context(), "SELECT count(*) FROM external_users WHERE current_setting('app.environment_id', true) IS DISTINCT FROM $1", mine.Environment()).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 3 { // the first one also prepares
		got, err := ask(t, d, mine, "SELECT external_id FROM external_users WHERE external_id <> $1 OR true", "x")
		if err != nil || len(got) != 1 || got[0] != "mine" {
			t.Fatal(got, err)
		}
		if n := everybody(); n != 2 {
			t.Fatalf("after a question the connection sees %d users", n)
		}
	}
	if got, err := ask(t, d, mine, "SELECT current_user::text"); err != nil || got[0] != "patchbay_app" {
		t.Fatal(got, err)
	}
	for _, sql := range []string{"SELECT nothing", "SELECT (1 / (length($1) - 1))::text", "SELECT id::text FROM signing_keys"} {
		args := []any{}
		if sql[len("SELECT ")] == '(' {
			args = append(args, "x")
		}
		if got, err := ask(t, d, mine, sql, args...); err == nil {
			t.Errorf("%s: %v", sql, got)
		}
		if n := everybody(); n != 2 {
			t.Fatalf("after %s the connection sees %d users", sql, n)
		}
	}
	if _, err := ask(t, d, tenant.Scope{}, "SELECT external_id FROM external_users"); !errors.Is(err, db.ErrNoScope) {
		t.Errorf("without a scope: %v", err)
	}
}
