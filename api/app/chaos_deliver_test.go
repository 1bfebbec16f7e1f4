package app_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/chaos"
	"github.com/patchbay-dev/patchbay/internal/torture"
)

// Every promise of the delivery engine holds while servers, workers, PostgreSQL
// and Redis are killed: the short form of make chaos. The table is kept in
// .patchbay/chaos.txt.
func TestChaosDeliveries(t *testing.T) {
	tryChaos(t, "chaos.txt", chaos.Deliver, chaos.Options{Events: 400, Rate: 30, KillEvery: 1200 * time.Millisecond})
}

func tryChaos(t *testing.T, kept string, try func(context.Context, chaos.Options, func(torture.Result)) (bool, error), o chaos.Options) {
	t.Helper()
	if testing.Short() {
		t.Skip("kills processes and waits for leases")
	}
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	o.Program, o.Progress = []string{path}, &table
	good, err := try(t.Context(), o, func(r torture.Result) { r.Write(&table) })
	t.Log("\n" + table.String())
	if werr := os.MkdirAll("../../.patchbay", 0o700); werr == nil {
		werr = os.WriteFile("../../.patchbay/"+kept, []byte(table.String()), 0o600)
		if werr != nil {
			t.Error(werr)
		}
	}
	if err != nil || !good {
		t.Fatal("a promise does not hold", err)
	}
}
