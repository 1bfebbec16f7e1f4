package app

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/auditwebhook"
	"github.com/patchbay-dev/patchbay/internal/backlog"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/erasure"
	"github.com/patchbay-dev/patchbay/internal/rename"
	"github.com/patchbay-dev/patchbay/internal/retention"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// sweepWithin is how long a sweep may take. What it has not done by then it
// leaves to the next.
const sweepWithin = time.Minute

// sweeps are what a worker looks after every now and then. Each goes on its own:
// one that is slow, or hangs, holds no other up.
type sweeps struct {
	of     map[string]func(context.Context) error
	every  time.Duration // on average
	within time.Duration // that one may take
	room   int           // that may be at work at once: each holds a connection to the database
}

func (a *App) sweeps() *sweeps {
	return &sweeps{
		every: a.config.SweepEvery, within: sweepWithin, room: max(2, a.config.DBConnections/2),
		of: map[string]func(context.Context) error{
			"deliveries": a.webhooks.Sweep, "dead letters": a.webhooks.SweepDead, "replays": a.replays.Sweep, "replays of runs": a.reruns.Sweep, "dead runs": a.runs.SweepDead, "retention": a.keeper.Sweep, "audit log": a.audit.Sweep, "audit webhooks": a.auditHooks.Sweep, "old audit log": a.audit.SweepOld, "kept runs": a.keeper.SweepRuns, "payloads": a.payloads.Sweep,
			"notices": a.notify.Sweep, "digests": a.notify.SweepDigests, "runs": a.runs.Sweep, "triggers": a.triggers.Sweep, "orphans": a.triggers.SweepOrphans,
			"firings": a.firings.Sweep, "removals": a.removals.Sweep, "erasures": a.erasures.Sweep, "renames": a.renames.Sweep, "asked": a.triggers.SweepAsked,
			"revocations": a.Accounts.SweepRevocations, "secrets": a.Accounts.SweepSecrets, "imports": a.Imports.Sweep,
			"flows": a.Connect.Sweep, "verifications": a.Connect.SweepVerifications, "mcp authorizations": a.agents.Sweep, "connect sessions": a.sessions.Sweep, "requests": a.requests.Sweep, "stores": a.stores.Sweep, "stashes": a.stash.Sweep, "packages": a.bundles.Sweep, "actions": a.actions.Sweep,
			"statistics": a.db.Study, "usage": a.usage.Sweep, "quotas": a.plans.Sweep, "backlog": (&backlog.Service{DB: a.db, Metrics: a.metrics, Now: a.clock.Now}).Sweep, "sign-ins": a.SignIns.Sweep, "single sign-on": a.SSO.Sweep,
		},
	}
}

// keepHouse builds what says how long things are kept, and of whom nothing is.
func (a *App) keepHouse(guard *egress.Guard, box *secret.Box) {
	a.audit = &audit.Service{DB: a.db, Keep: a.config.AuditKeep, Now: a.clock.Now}
	a.keeper = &retention.Service{DB: a.db, Keep: a.config.EventKeep, KeepRuns: a.config.RunKeep, Now: a.clock.Now}
	a.auditHooks = &auditwebhook.Service{DB: a.db, Box: box, Guard: guard, Client: guard.Narrow(webhook.MaxTimeout+time.Second, 2), Tell: a.Members.TellManagers, Now: a.clock.Now}
	a.renames = &rename.Service{DB: a.db, Now: a.clock.Now}
	a.erasures = &erasure.Service{DB: a.db, AuditKeep: a.config.AuditKeep, Now: a.clock.Now}
}

// run sweeps until ctx ends, and returns when the last sweep has.
func (s *sweeps) run(ctx context.Context) {
	room := make(chan struct{}, s.room)
	var g sync.WaitGroup
	for name, sweep := range s.of {
		g.Go(func() {
			for s.wait(ctx) {
				select {
				case <-ctx.Done():
					return
				case room <- struct{}{}:
				}
				s.once(ctx, name, sweep)
				<-room
			}
		})
	}
	g.Wait()
}

// wait waits for about the time between two sweeps, and reports whether there is
// to be another. No two processes, and no two sweeps of one, keep in step.
func (s *sweeps) wait(ctx context.Context) bool {
	t := time.NewTimer(s.every/2 + rand.N(s.every)) //nolint:gosec // a spread, no secret
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (s *sweeps) once(ctx context.Context, name string, sweep func(context.Context) error) {
	within, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	if err := sweep(within); err != nil && ctx.Err() == nil {
		slog.ErrorContext(ctx, "sweep failed", "of", name, "error", err)
	}
}
