package sandbox_test

import (
	"testing"

	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// Processes of one program share its memory: many small ones are one large one.
func TestMemoryOfAll(t *testing.T) {
	t.Parallel()
	isolated(t)
	const script = "import os, time\nfor i in range(8):\n if os.fork() == 0:\n  x = bytearray(40 << 20)\n  for i in range(0, len(x), 4096): x[i] = 1\n  time.sleep(30)\ntime.sleep(30)"
	s := spec(t, "python", script)
	s.Limits = sandbox.Limits{MemoryBytes: 128 << 20}
	for name, s := range map[string]sandbox.Spec{"by the kernel, if it lets us": s, "by us": s.Ungrouped()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := sandbox.Start(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if exit := p.Wait(); exit.Limit != sandbox.Memory {
				t.Errorf("%+v", exit)
			}
		})
	}
}
