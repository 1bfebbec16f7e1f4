package runner_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/runner"
)

// A runtime is taken if it says that it is one and is new enough.
func TestRuntime(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		says    string // "" = it fails
		deno    bool
		version string // "" = it is not taken
	}{
		"Node":         {says: "v20.1.2", version: "20.1.2"},
		"an old Node":  {says: "v18.20.0"},
		"no Node":      {says: "Python 3.12"},
		"broken":       {},
		"Deno":         {says: "deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)\nv8 15.0.245.2-rusty", deno: true, version: "2.9.6"},
		"an old Deno":  {says: "deno 1.46.3 (stable)", deno: true},
		"Node as Deno": {says: "v24.1.0", deno: true},
		"Deno as Node": {says: "deno 2.9.6"},
		"says nothing": {says: " ", deno: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, script := filepath.Join(t.TempDir(), "runtime"), fmt.Sprintf("#!/bin/sh\necho '%s'\n", tt.says)
			if tt.says == "" {
				script = "#!/bin/sh\nexit 1\n"
			}
			if err := os.WriteFile(at, []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			node, deno := at, ""
			if tt.deno {
				node, deno = "/nowhere", at
			}
			rt, err := runner.FindRuntime(t.Context(), node, deno)
			if tt.version == "" {
				if !errors.Is(err, runner.ErrMissing) {
					t.Errorf("it is %+v, %v", rt, err)
				}
				return
			}
			if err != nil || rt.Version != tt.version || (rt.Name == "Deno") != tt.deno || rt.Path != at {
				t.Errorf("it is %+v, %v", rt, err)
			}
		})
	}
	if rt, err := runner.FindRuntime(t.Context(), "/nowhere/node", ""); !errors.Is(err, runner.ErrMissing) {
		t.Errorf("it is %+v, %v", rt, err)
	}
}
