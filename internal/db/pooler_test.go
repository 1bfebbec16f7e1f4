package db_test

import (
	"errors"
	"fmt"
	osexec "os/exec"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/local"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// A pooler is seen, and whether what is asked by a URL gets through it; two addresses
// of one database are known for that.
func TestPooler(t *testing.T) {
	t.Parallel()
	direct := testkit.DatabaseURL(t)
	pooler, err := local.StartPooler(t.Context(), local.PoolerOptions{URL: direct})
	if errors.Is(err, local.ErrNotInstalled) {
		t.Skip("PgBouncer is not installed. Fix: make setup")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pooler.Stop() })
	open := func(url string) *db.DB {
		d, err := db.Open(url, 2)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		return d
	}
	past, through := open(direct), open(pooler.URL())
	if p, err := past.Pooler(t.Context()); err != nil || p.There || !p.Carries {
		t.Errorf("past it: %+v, %v", p, err)
	}
	if p, err := through.Pooler(t.Context()); err != nil || !p.There || !p.Carries {
		t.Errorf("through it: %+v, %v", p, err)
	}
	prepared, _, _ := strings.Cut(pooler.URL(), "&default_query_exec_mode")
	said, err := osexec.Command("sh", "-c", "PATH=$PATH:/usr/sbin pgbouncer --version").Output()
	if err != nil {
		t.Fatal(err)
	}
	var minor int // from 1.21 on it can be told to keep prepared statements, and later does so by itself
	if _, err := fmt.Sscanf(string(said), "PgBouncer 1.%d", &minor); err != nil {
		t.Fatal(err)
	}
	if p, err := open(prepared).Pooler(t.Context()); err != nil || !p.There || p.Carries && minor < 21 {
		t.Errorf("with prepared statements: %+v, %v", p, err)
	}
	if same, err := past.Same(t.Context(), through); err != nil || !same {
		t.Errorf("the same database: %v, %v", same, err)
	}
	if same, err := through.Same(t.Context(), testkit.DB(t)); err != nil || same {
		t.Errorf("another database: %v, %v", same, err)
	}
}
