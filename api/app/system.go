package app

import (
	"cmp"
	"context"
	"runtime/debug"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/api/console"
	"github.com/patchbay-dev/patchbay/internal/backlog"
)

// systemFor is how long what was found of the installation is shown before it is looked at again.
const systemFor = time.Minute

// systemView looks at the installation as the doctor does, but once in a minute for all who ask.
type systemView struct {
	mu   sync.Mutex
	seen *console.System
}

// version is given to the linker (-X) where the source is no checkout with its tags.
var version string

// Version is the product's, as it was built.
func Version() string {
	if version != "" {
		return version
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		return cmp.Or(b.Main.Version, "unknown")
	}
	return "unknown"
}

// system is how the installation is. Checks that look into what tenants have, and
// the configuration with its addresses, are the operator's alone: patchbay doctor.
func (a *App) system(ctx context.Context) console.System {
	a.looked.mu.Lock()
	defer a.looked.mu.Unlock()
	now := a.clock.Now()
	if s := a.looked.seen; s != nil && now.Sub(s.CheckedAt) < systemFor {
		return *s
	}
	out := console.System{StartedAt: a.started, CheckedAt: now, Checks: []console.Check{}, Libraries: []console.Library{}, Work: []console.Work{}, Workers: []console.Worker{}, Version: Version()}
	if b, ok := debug.ReadBuildInfo(); ok {
		out.Go = b.GoVersion
		for _, m := range b.Deps {
			out.Libraries = append(out.Libraries, console.Library{Path: m.Path, Version: m.Version})
		}
	}
	d := &doctor{config: &a.config}
	defer d.close()
	for _, check := range []func(context.Context){d.database, d.schema, d.rights, d.clock, d.redis, d.masterKey, d.disk, d.sandbox, d.runtime, d.catalogue} {
		limited, cancel := context.WithTimeout(ctx, checkTimeout)
		check(limited)
		cancel()
	}
	for _, f := range d.findings {
		if f.Check == "own app files" || f.Check == "secrets" { // of every workspace
			continue
		}
		out.Checks = append(out.Checks, console.Check{Name: f.Check, State: string(f.State), Says: f.Says, Remedy: f.Remedy})
	}
	a.work(ctx, &out)
	if k := d.keys; k != nil {
		out.Keys = &console.Keys{Fingerprint: k.Fingerprint, SetAt: k.SetAt, BackedUpAt: k.BackedUpAt, Rotating: k.Rotating, Secrets: k.Total, ToGo: k.Stale, Data: []console.DataKey{}}
		for _, one := range k.Keys {
			out.Keys.Data = append(out.Keys.Data, console.DataKey{ID: one.ID, Active: one.Active, CreatedAt: one.CreatedAt, Secrets: one.Secrets})
		}
	}
	a.looked.seen = &out
	return out
}

// work is what waits and who does it. What does not answer is left out: its check
// says why.
func (a *App) work(ctx context.Context, out *console.System) {
	found := a.atWork(ctx)
	for _, l := range found.lines {
		out.Work = append(out.Work, console.Work{Name: l.Name, Due: l.Due, Most: l.Due >= backlog.Most, OldestAt: l.Oldest, UnderWay: l.UnderWay, GivenUp: l.GivenUp})
	}
	if found.queue == nil {
		return
	}
	queues := []console.Queue{}
	for _, l := range found.queue.Lanes {
		queues = append(queues, console.Queue{Name: l.Name, Waiting: l.Pending, UnderWay: l.Active, Again: l.Retry + l.Scheduled, Done: l.Done, Failed: l.Failed, BehindSeconds: l.Behind.Seconds(), Paused: l.Paused})
	}
	out.Queues = &queues
	for _, w := range found.queue.Workers {
		one := console.Worker{Host: w.Host, PID: w.PID, Since: w.Since, AtOnce: w.Concurrency, Stopping: w.Stopping, Tasks: []console.Task{}}
		for _, t := range w.Tasks {
			one.Tasks = append(one.Tasks, console.Task(t))
		}
		out.Workers = append(out.Workers, one)
	}
}
