package app_test

import (
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
	if testing.Short() {
		t.Skip("kills processes and waits for leases")
	}
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	good, err := chaos.Deliver(t.Context(), chaos.Options{Program: []string{path}, Events: 400, Rate: 30, KillEvery: 1200 * time.Millisecond, Progress: &table},
		func(r torture.Result) { r.Write(&table) })
	t.Log("\n" + table.String())
	if werr := os.MkdirAll("../../.patchbay", 0o700); werr == nil {
		werr = os.WriteFile("../../.patchbay/chaos.txt", []byte(table.String()), 0o600)
		if werr != nil {
			t.Error(werr)
		}
	}
	if err != nil || !good {
		t.Fatal("a promise does not hold", err)
	}
}
