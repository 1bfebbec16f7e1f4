package runner_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// A component reaches an app, and nothing of this machine; where it went and where
// it was not let to is in its log.
func TestEscape(t *testing.T) {
	t.Parallel()
	if r := sandbox.Detect(t.Context()); r.Tier != sandbox.Isolated {
		t.Skipf("programs are not isolated here: %s %s", r.Why, r.Remedy)
	}
	var reached atomic.Int64
	app, local := testkit.Serve(t, "127.0.0.2:0", nil), testkit.Serve(t, "127.0.0.1:0", &reached)
	other := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(other, []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	eachRuntime(t, func(t *testing.T, with on) {
		r := newRunner(t, with, func(s *runner.Settings) {
			s.Tier, s.Door = sandbox.Isolated, egress.NewGuard(netip.MustParsePrefix("127.0.0.2/32")) // what stands for the public internet
		})
		j := unruly("escapes")
		j.Configured["world"] = map[string]any{"app": app, "local": local, "other": other, "server": fmt.Sprint(os.Getpid())}
		res := run(t, r, j)
		if res.Failure != nil || string(res.Value) != `["app"]` {
			t.Errorf("it got at %s: %+v", res.Value, res.Failure)
		}
		for _, want := range []string{"debug: connected to 127.0.0.2:" + app, "warn: 169.254.169.254:80 was not reached", "warn: 127.0.0.1:" + local + " was not reached"} {
			if !strings.Contains(texts(res), want) {
				t.Errorf("%q is not in its log:\n%s", want, texts(res))
			}
		}
	})
	if n := reached.Load(); n > 0 {
		t.Errorf("this machine's loopback was reached, %d times", n)
	}
}

// A fork bomb, and one of memory, end with their run.
func TestBombs(t *testing.T) {
	t.Parallel()
	if r := sandbox.Detect(t.Context()); r.Tier != sandbox.Isolated {
		t.Skipf("programs are not isolated here: %s %s", r.Why, r.Remedy)
	}
	eachRuntime(t, func(t *testing.T, with on) {
		r := newRunner(t, with, func(s *runner.Settings) { s.Tier = sandbox.Isolated })
		for way, timeout := range map[string]time.Duration{"forks": 5 * time.Second, "buffers": 5 * time.Minute} {
			run(t, r, unruly("pid")) // it is warm
			j := unruly(way)
			j.Timeout = timeout
			if res := run(t, r, j); res.Failure == nil {
				t.Errorf("%s: it returned %s", way, res.Value)
			}
			if res := run(t, r, unruly("wait")); string(res.Value) != `"waited"` {
				t.Errorf("%s: the next run came to %s, %+v", way, res.Value, res.Failure)
			}
		}
	})
}
