package sandbox_test

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// What a control group of version 2 is told.
var (
	groupLimits = sandbox.Limits{MemoryBytes: 100 << 20, Pids: 20, Cores: 3}
	groupFiles  = map[string]string{"memory.max": "104857600", "memory.swap.max": "0", "pids.max": "24", "cpu.max": "300000 100000"}
)

// A group has all limits.
func TestGroupOfVersion2(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := sandbox.GroupIn(folder, groupLimits); err != nil {
		t.Fatal(err)
	}
	made, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(made) != 1 {
		t.Fatal(made, err)
	}
	for name := range groupFiles { // the kernel's can be read
		if err := os.Chmod(filepath.Join(made[0], name), 0o600); err != nil {
			t.Error(err)
		}
	}
	limited(t, made[0], true)
}

// A program is in its group from its beginning, and the group goes with it.
func TestGrouped(t *testing.T) {
	t.Parallel()
	if !sandbox.Unified() {
		t.Skip("no control group of version 2 was given to this process")
	}
	p, err := sandbox.Start(t.Context(), sandbox.Spec{Tier: sandbox.Plain, Argv: bash("echo here; read"), Limits: groupLimits})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := io.ReadFull(p.Stdout, make([]byte, len("here\n"))); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", p.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	_, at, _ := strings.Cut(strings.TrimSpace(string(text)), "0::")
	limited(t, filepath.Join("/sys/fs/cgroup", at), false)
}

func limited(t *testing.T, group string, all bool) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(groupFiles)) {
		text, err := os.ReadFile(filepath.Join(group, name))
		if !all && os.IsNotExist(err) && name != "memory.max" && name != "pids.max" {
			continue // there is no swap, or the processor is not ours to share
		}
		if got := strings.TrimSpace(string(text)); err != nil || got != groupFiles[name] {
			t.Errorf("%s is %q, want %q: %v", name, got, groupFiles[name], err)
		}
	}
}
