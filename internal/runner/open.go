package runner

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// Settings are what a Runner is made of.
type Settings struct {
	Node   string                                      // path of the runtime; "" = the one in the PATH
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

	Recycle int64  // bytes of memory from which on a process is not used again
	Version string // of the runtime

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
	if r.Node, r.Version, err = Node(ctx, s.Node); err != nil {
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
	main := filepath.Join(r.host, "main.mjs")
	heap := "--max-old-space-size=" + strconv.FormatInt(r.Memory>>20*3/4, 10)
	spec := sandbox.Spec{
		Argv: append(r.command(main, heap), folder, strconv.Itoa(longestLine)),
		Env:  []string{"HOME=/tmp", "LANG=C.UTF-8", "TZ=UTC", "NODE_ENV=production"},
		Dir:  folder, ReadOnly: []string{r.host, folder}, Tmp: k.tmp, Tier: r.Tier,
		Limits: sandbox.Limits{CPUSeconds: cpuSeconds, MemoryBytes: r.Memory, Pids: 64},
	}
	if prefix := prefixOf(r.Node); prefix != "" {
		spec.ReadOnly = append(spec.ReadOnly, prefix)
	}
	if r.Door != nil && k.project != "" { // what describes itself has no business elsewhere
		spec.Egress = &sandbox.Egress{Door: r.Door}
	}
	ctx, cancel := context.WithTimeout(ctx, startFor)
	defer cancel()
	return begin(ctx, r.life, k, spec, r.Start)
}

// command is how the runtime is called.
func (r *Runner) command(main, heap string) []string {
	if strings.HasPrefix(filepath.Base(r.Node), "deno") {
		return []string{r.Node, "run", "--no-prompt", "--allow-all", "--v8-flags=" + heap, "--import-map=" + filepath.Join(r.host, "deno.json"), main}
	}
	return []string{r.Node, heap, "--no-warnings", main}
}

// prefixOf is the folder that a program was installed into, if it is none of the
// system's.
func prefixOf(program string) string {
	for _, system := range []string{"/usr/", "/bin/", "/lib"} {
		if strings.HasPrefix(program, system) {
			return ""
		}
	}
	return filepath.Dir(filepath.Dir(program))
}
