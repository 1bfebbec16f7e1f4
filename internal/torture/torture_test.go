package torture_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/torture"
)

// TestMain is a worker when it is run as one.
func TestMain(m *testing.M) {
	if os.Getenv(torture.WorkerMark) != "" {
		if err := torture.Worker(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Every promise of the refresh engine holds against processes that are killed,
// stopped and cut off. The table is kept in .patchbay/torture.txt.
func TestRefresh(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	good, err := torture.Refresh(t.Context(), torture.Options{
		DatabaseURL: testkit.DatabaseURL(t), RedisURL: testkit.RedisURL(t), Worker: []string{os.Args[0]}, Accounts: 300, Only: os.Getenv("TORTURE_ONLY"),
	}, func(r torture.Result) {
		r.Write(&table)
		table.WriteString(r.Log)
	})
	t.Log("\n" + table.String())
	if werr := os.MkdirAll("../../.patchbay", 0o700); werr == nil {
		werr = os.WriteFile("../../.patchbay/torture.txt", []byte(table.String()), 0o600)
		if werr != nil {
			t.Error(werr)
		}
	}
	if err != nil || !good {
		t.Fatal("a promise does not hold", err)
	}
}
