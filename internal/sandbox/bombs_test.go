package sandbox_test

import (
	"context"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// Who takes all that there is gets no more than the limits, and leaves nothing behind.
func TestBombs(t *testing.T) {
	t.Parallel()
	isolated(t)
	limits := sandbox.Limits{CPUSeconds: 1, MemoryBytes: 192 << 20, Pids: 32, FileBytes: 8 << 20, OutputBytes: 1 << 20}
	tests := map[string]struct {
		program, script string
		want            []sandbox.Limit // any of them
	}{
		"forks in bash":        {"bash", `f() { f | f & }; f; sleep 100`, []sandbox.Limit{sandbox.Time, sandbox.CPU}},
		"forks in node":        {"node", `const c = require("child_process"); setInterval(() => { for (let i = 0; i < 100; i++) c.spawn("sleep", ["100"]).on("error", () => {}) }, 10)`, []sandbox.Limit{sandbox.Time, sandbox.CPU, sandbox.NoLimit}},
		"forks in python":      {"python", "import os, time\nwhile True:\n try: os.fork()\n except OSError: time.sleep(0.1)", []sandbox.Limit{sandbox.Time, sandbox.CPU}},
		"memory in bash":       {"bash", `x=0123456789; while :; do x=$x$x; done`, []sandbox.Limit{sandbox.NoLimit, sandbox.Memory, sandbox.CPU}},
		"buffers in node":      {"node", `const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1))`, []sandbox.Limit{sandbox.NoLimit, sandbox.Memory}},
		"memory in python":     {"python", "all = []\nwhile True: all.append(bytearray(8 << 20))", []sandbox.Limit{sandbox.NoLimit, sandbox.Memory}},
		"no end in bash":       {"bash", `while :; do :; done`, []sandbox.Limit{sandbox.CPU}},
		"no end in node":       {"node", `for (;;);`, []sandbox.Limit{sandbox.CPU}},
		"no end in python":     {"python", "while True: pass", []sandbox.Limit{sandbox.CPU}},
		"a gibibyte in bash":   {"bash", `head -c 1G /dev/zero`, []sandbox.Limit{sandbox.Output}},
		"a gibibyte in node":   {"node", `const b = Buffer.alloc(1 << 20); for (let i = 0; i < 1024; i++) process.stdout.write(b)`, []sandbox.Limit{sandbox.Output, sandbox.NoLimit}},
		"a gibibyte in python": {"python", "import os\nfor i in range(1024): os.write(2, bytes(1 << 20))", []sandbox.Limit{sandbox.Output}},
		"deaf to signals":      {"bash", `trap "" TERM INT HUP XCPU; sleep 100 & sleep 100`, []sandbox.Limit{sandbox.Time}},
		"signals to all":       {"bash", `trap "" TERM; kill -TERM -1; kill -KILL -1; exit 3`, []sandbox.Limit{sandbox.NoLimit}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := spec(t, tt.program, tt.script)
			s.Limits = limits
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			p, err := sandbox.Start(ctx, s)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if slices.Contains(tt.want, sandbox.Time) { // it does not end by itself
				defer time.AfterFunc(2*time.Second, cancel).Stop()
			}
			go func() { _, _ = io.Copy(io.Discard, p.Stderr) }()
			n, _ := io.Copy(io.Discard, p.Stdout) // until nobody is left who could write
			exit := p.Wait()
			if n > limits.OutputBytes || exit.OK() || !slices.Contains(tt.want, exit.Limit) {
				t.Errorf("it ended with %+v after %d bytes, want any of %q", exit, n, tt.want)
			}
		})
	}
}

// spec is a script in a language of TestEscape, isolated.
func spec(t *testing.T, name, script string) sandbox.Spec {
	t.Helper()
	l := languages[name]
	path, show, err := find(name)
	if err != nil {
		t.Skip(err)
	}
	argv := l.argv(path, script)
	if name == "node" {
		argv = []string{path, "-e", script}
	}
	return sandbox.Spec{Tier: sandbox.Isolated, Argv: argv, ReadOnly: show, Env: []string{"PATH=/usr/bin:/bin"}}
}

// A program without a network has none, and hears of it at once.
func TestNoNetwork(t *testing.T) {
	t.Parallel()
	isolated(t)
	s := spec(t, "bash", `exec 5<>/dev/tcp/93.184.216.34/443`)
	offline := s
	offline.Tier, offline.Egress = sandbox.Offline, &sandbox.Egress{Door: egress.NewGuard()}
	for name, s := range map[string]sandbox.Spec{"none is given": s, "none can be": offline} {
		if _, errs, exit := run(t, s); exit.OK() || !strings.Contains(errs, "unreachable") {
			t.Errorf("%s: %q %+v", name, errs, exit)
		}
	}
}

// Calls of the kernel that nobody needs are not there.
func TestCalls(t *testing.T) {
	t.Parallel()
	isolated(t)
	if !slices.Contains([]string{"amd64", "arm64"}, runtime.GOARCH) {
		t.Skipf("no filter is made for %s", runtime.GOARCH)
	}
	s := spec(t, "bash", `grep ^Seccomp: /proc/self/status | tr -dc 0-9; exit 0`)
	if out, errs, exit := run(t, s); out != "2" || !exit.OK() {
		t.Errorf("%q %q %+v", out, errs, exit)
	}
	s = spec(t, "python", `import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.ptrace(0, 0, 0, 0), ctypes.get_errno())`)
	if out, errs, exit := run(t, s); out != "-1 38\n" || !exit.OK() {
		t.Errorf("%q %q %+v", out, errs, exit)
	}
}
