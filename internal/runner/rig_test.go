package runner_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// newRunner returns a runner of the packages in testdata, by their folders' names.
func newRunner(t *testing.T, change ...func(*runner.Settings)) *runner.Runner {
	t.Helper()
	s := runner.Settings{
		Most: 4, Idle: time.Minute, Runs: 1000, Memory: 512 << 20, Tier: sandbox.Plain, Start: sandbox.Start, Now: time.Now,
		Folder: func(bundle string) (string, error) { return filepath.Abs(filepath.Join("testdata", bundle)) },
		Node:   os.Getenv("PATCHBAY_RUNNER_NODE"),
	}
	for _, c := range change {
		c(&s)
	}
	r, err := runner.Open(t.Context(), s)
	if errors.Is(err, runner.ErrMissing) {
		t.Skipf("components need Node.js: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func unruly(way string) runner.Job {
	return runner.Job{
		Owner:      runner.Owner{Project: "proj_1", Environment: "env_1"},
		Module:     runner.Module{Bundle: "probe", Path: "unruly.mjs"},
		Configured: map[string]any{"way": way},
		Auth:       map[string]map[string]any{"acme": {"api_key": "sk/very+secret=1"}},
		Secrets:    []string{"sk/very+secret=1"},
		Timeout:    2 * time.Minute,
	}
}

func run(t *testing.T, r *runner.Runner, j runner.Job) *runner.Result {
	t.Helper()
	res, err := r.Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	return res
}
