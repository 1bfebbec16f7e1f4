package app

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/authorization"
	"github.com/patchbay-dev/patchbay/internal/code"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/firing"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/rerun"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// RunnerConfig is how components that are code are run.
type RunnerConfig struct {
	Node      string           `env:"NODE"`                           // path of the Node.js; "" = the one in the PATH
	Deno      string           `env:"DENO"`                           // path of a Deno that is used instead; "" = none
	Processes int              `env:"PROCESSES" envDefault:"32"`      // that are there at once; an idle one keeps about 60 MiB
	Idle      time.Duration    `env:"IDLE" envDefault:"90s"`          // after which a process is ended
	Runs      int              `env:"RUNS" envDefault:"500"`          // that a process is used for
	Memory    int              `env:"MEMORY" envDefault:"512"`        // MiB that a process may use
	Isolation runner.Isolation `env:"ISOLATION" envDefault:"project"` // who shares a process, one after another: the users of a project's environment, the runs of one user (user), or nobody (run)
}

func (c *RunnerConfig) check() error {
	switch {
	case c.Processes < 0:
		return configError("PATCHBAY_RUNNER_PROCESSES is %d, want 1 or more", c.Processes)
	case c.Runs < 0:
		return configError("PATCHBAY_RUNNER_RUNS is %d, want 1 or more", c.Runs)
	case c.Idle < 0:
		return configError("PATCHBAY_RUNNER_IDLE is %s, want a time such as 90s", c.Idle)
	case c.Memory != 0 && c.Memory < 128:
		return configError("PATCHBAY_RUNNER_MEMORY is %d, want 128 MiB or more", c.Memory)
	case !slices.Contains([]runner.Isolation{"", runner.PerProject, runner.PerUser, runner.PerRun}, c.Isolation):
		return configError("PATCHBAY_RUNNER_ISOLATION is %q, want project, user or run", c.Isolation)
	}
	return nil
}

// carryOut builds what carries out actions, triggers that are code and the steps of
// workflows, what starts these by the clock or by letter, and what lets programs of
// users have them carried out.
func (a *App) carryOut(ctx context.Context, guard *egress.Guard, limits *limit.Service, box *secret.Box) {
	a.agents = &authorization.Service{DB: a.db, Guard: guard, HTTP: guard.Narrow(5*time.Second, 2), Limits: limits, Issuer: a.config.PublicURL, Pages: a.config.ConnectURL, Open: a.config.MCPRegistration, Local: strings.HasPrefix(a.config.PublicURL, "http://"), Now: a.clock.Now}
	a.actions = a.actionRuns(box)
	a.actions.Coder = a.coder(ctx, guard)
	a.triggers.Coder = a.actions.Coder
	a.components.Runner = func() (registry.Describer, error) { return a.runner() }
	steps := &run.Executor{
		DB: a.db, Accounts: a.Accounts, Client: guard.Client(30*time.Second, 16), Actions: a.actions, Code: a.codeRunner(guard), Plans: a.plans, Stores: a.stores, Webhooks: a.webhooks, Payloads: a.payloads,
		Runs: a.runs, Keys: a.Access.Keys, BaseURL: a.config.PublicURL, Now: a.clock.Now,
	}
	a.firings = &firing.Service{DB: a.db, Runs: a.runs, Plans: a.plans, Now: a.clock.Now}
	a.triggers.Firings = a.firings
	a.reruns = &rerun.Service{DB: a.db, Queue: a.queue, Runs: a.runs, Now: a.clock.Now}
	a.mailbox(limits)
	a.worker = &run.Worker{DB: a.db, Runs: a.runs, Box: a.keys.Box, Steps: steps, Webhooks: a.webhooks, Redis: a.shared, Metrics: a.metrics, Now: a.clock.Now}
}

// coder builds what carries out components that are code. Its runtime is looked for
// when the first of them is used: a server that has none does everything else.
func (a *App) coder(ctx context.Context, guard *egress.Guard) *action.Coder {
	c := a.config.Runner
	folder := a.config.Folder
	if folder == nil {
		folder = a.bundles.Folder
	}
	a.runner = sync.OnceValues(func() (*runner.Runner, error) {
		a.coding.Store(true)
		return runner.Open(context.WithoutCancel(ctx), runner.Settings{
			Node: c.Node, Deno: c.Deno, Most: cmp.Or(c.Processes, 32), Idle: orDefault(c.Idle, 90*time.Second), Runs: cmp.Or(c.Runs, 500), Memory: int64(cmp.Or(c.Memory, 512)) << 20,
			Tier: a.config.tier(), Door: guard, Folder: folder, Start: sandbox.Start, Now: a.clock.Now,
		})
	})
	return &action.Coder{
		Runner: a.runner, Accounts: a.Accounts, Stores: a.stores, Stash: a.stash, Client: guard.Client(10*time.Second, 2), Letters: a.notify,
		Isolation: cmp.Or(c.Isolation, runner.PerProject), Now: a.clock.Now,
	}
}

// codeRunner builds what runs the pieces of code in workflows. Those in Node need
// the runtime; the others do without it.
func (a *App) codeRunner(guard *egress.Guard) func() (*code.Runner, error) {
	return sync.OnceValues(func() (*code.Runner, error) {
		node, err := a.runner()
		if err != nil && !errors.Is(err, runner.ErrMissing) {
			return nil, err //nolint:wrapcheck // a fault
		}
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		return &code.Runner{Node: node, Door: guard, Tier: a.config.tier(), Cache: filepath.Join(cache, "patchbay", "code"), Start: sandbox.Start, Now: a.clock.Now}, nil
	})
}
