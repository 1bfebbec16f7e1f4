package runner

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// Settings are what a Runner is made of.
type Settings struct {
	Node   string                                      // path of the Node.js; "" = the one in the PATH
	Deno   string                                      // path of a Deno that is used instead; "" = none
	Most   int                                         // processes, of all owners
	Idle   time.Duration                               // after which a process is ended
	Runs   int                                         // a process is used for, at most
	Memory int64                                       // bytes, of a process
	Tier   sandbox.Tier                                // "" = the best there is
	Door   sandbox.Door                                // the way out; nil = none
	Folder func(bundle string) (dir string, err error) // of an installed package
	Start  func(context.Context, sandbox.Spec) (*sandbox.Process, error)
	Now    func() time.Time
}

// Runner carries out modules. A nil one returns ErrMissing for all that is asked.
type Runner struct {
	Settings

	Recycle int64 // bytes of memory from which on a process is not used again
	Runtime *Runtime

	host string // folder of the host's modules
	pool *pool
	life context.Context //nolint:containedctx // processes end with it
	stop context.CancelFunc
}

// Open finds the runtime and makes ready what processes need. It returns ErrMissing
// where there is none. The caller closes the runner.
func Open(ctx context.Context, s Settings) (*Runner, error) {
	r := &Runner{Settings: s, Recycle: s.Memory / 4 * 3}
	var err error
	if r.Runtime, err = FindRuntime(ctx, s.Node, s.Deno); err != nil {
		return nil, err
	}
	if r.host, err = unpack(); err != nil {
		return nil, err
	}
	r.life, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.pool = newPool(s.Most, s.Idle, r.start)
	return r, nil
}

// Close ends all processes.
func (r *Runner) Close() {
	if r == nil {
		return
	}
	r.pool.close()
	r.stop()
	_ = os.RemoveAll(r.host)
}

const (
	cpuSeconds = 600 // of a process, over all that it is used for
	startFor   = time.Minute
)

// start starts a process for a key.
func (r *Runner) start(ctx context.Context, k key) (*process, error) {
	folder := filepath.Join(r.host, "platform") // of pieces of code: nothing is there
	if k.bundle != "" {
		var err error
		if folder, err = r.Folder(k.bundle); err != nil {
			return nil, err
		}
	}
	spec := sandbox.Spec{
		Argv: append(r.Runtime.command(r.host, r.Memory>>20*3/4), folder, strconv.Itoa(longestLine)),
		Env:  r.Runtime.environment(),
		Dir:  folder, ReadOnly: append([]string{r.host, folder}, r.Runtime.shown()...), Tmp: k.tmp, Tier: r.Tier,
		Limits: sandbox.Limits{CPUSeconds: cpuSeconds, MemoryBytes: r.Memory, Reserved: r.Runtime.reserved, Pids: 64},
	}
	if r.Door != nil && k.project != "" { // what describes itself has no business elsewhere
		spec.Egress = &sandbox.Egress{Door: r.Door}
	}
	ctx, cancel := context.WithTimeout(ctx, startFor)
	defer cancel()
	return begin(ctx, r.life, k, spec, r.Start)
}
