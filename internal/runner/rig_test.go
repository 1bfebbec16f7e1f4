package runner_test

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// on is a runtime that tests are run with.
type on func(*runner.Settings)

// eachRuntime runs a test with every runtime: the same host serves all.
func eachRuntime(t *testing.T, test func(*testing.T, on)) {
	t.Helper()
	t.Run("Node.js", func(t *testing.T) { test(t, func(*runner.Settings) {}) })
	t.Run("Deno", func(t *testing.T) {
		deno := findDeno()
		if deno == "" {
			t.Skip("there is no Deno: make setup installs one")
		}
		test(t, func(s *runner.Settings) { s.Deno = deno })
	})
}

// findDeno returns the Deno that an operator would name, make setup installed, or is
// in the PATH; "" if there is none.
func findDeno() string {
	if named := os.Getenv("PATCHBAY_RUNNER_DENO"); named != "" {
		return named
	}
	if own, _ := filepath.Glob("../../bin/deno/node_modules/@deno/*/deno"); len(own) > 0 {
		return own[0]
	}
	at, _ := exec.LookPath("deno")
	return at
}

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
		t.Skipf("components need %s: %v", cmp.Or(s.Deno, "Node.js"), err)
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
