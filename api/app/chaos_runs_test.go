package app_test

import (
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/chaos"
)

// Every promise of runs holds while servers, workers, PostgreSQL and Redis are
// killed: the short form of make chaos. The table is kept in .patchbay/chaos-runs.txt.
func TestChaosRuns(t *testing.T) {
	tryChaos(t, "chaos-runs.txt", chaos.Runs, chaos.Options{Events: 30, Rate: 6, KillEvery: time.Second})
}
