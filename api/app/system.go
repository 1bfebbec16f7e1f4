package app

import (
	"cmp"
	"context"
	"runtime/debug"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/api/console"
)

// systemFor is how long what was found of the installation is shown before it is looked at again.
const systemFor = time.Minute

// systemView looks at the installation as the doctor does, but once in a minute for all who ask.
type systemView struct {
	mu   sync.Mutex
	seen *console.System
}

// version is the product's, as it was built.
func version() string {
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
	out := console.System{StartedAt: a.started, CheckedAt: now, Checks: []console.Check{}, Libraries: []console.Library{}, Version: version()}
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
	a.looked.seen = &out
	return out
}
