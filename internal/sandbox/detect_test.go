package sandbox_test

import (
	"testing"

	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// isolated skips a test where this machine cannot isolate a program, and says why.
func isolated(t *testing.T) {
	t.Helper()
	if r := sandbox.Detect(t.Context()); r.Tier != sandbox.Isolated {
		t.Skipf("programs are not isolated here: %s %s", r.Why, r.Remedy)
	}
}
