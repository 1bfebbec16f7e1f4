package run

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// forever is when a run is due that waits for a signal alone.
const forever = 100 * 366 * 24 * time.Hour

// note remembers how a step stands, for the next write of the run.
func (k *walk) note(s *Step) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.unsaid {
		if k.unsaid[i].Path == s.Path {
			k.unsaid[i] = *s
			return
		}
	}
	k.unsaid = append(k.unsaid, *s)
}

// cancelBelow notes that what is under way within a block will not go on.
func (k *walk) cancelBelow(path string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.Now()
	for at, s := range k.rows {
		inside := path == "" || strings.HasPrefix(at, path+"/") || strings.HasPrefix(at, path+"[")
		if !inside || s.FinishedAt != nil {
			continue
		}
		s.Status, s.WakeAt, s.Again, s.FinishedAt = Canceled, nil, false, &now
		said := false
		for i := range k.unsaid {
			if k.unsaid[i].Path == at {
				k.unsaid[i], said = *s, true
			}
		}
		if !said {
			k.unsaid = append(k.unsaid, *s)
		}
	}
}

// standing is how a run is left by a write; nil = under way.
type standing struct {
	status  Status
	problem *Problem
	wake    time.Time // if it is not over: when it is due
}

// write is what a worker has to say of a run.
type write struct {
	r        *Run
	def      *workflow.Definition
	scope    tenant.Scope
	rows     []Step
	answer   *Response
	standing *standing
	handler  *Run // that was started because it failed
	now      time.Time
	parent   string   // who is to be nudged, since the run is over
	below    *endings // runs that it had called, and that were canceled with it
}

// flush writes down what is not yet, and how the run is left. A caller whose rows
// another one wrote meanwhile has nothing to do.
func (k *walk) flush(ctx context.Context, left *standing) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	k.mu.Lock()
	w := write{r: k.r, def: k.def, scope: k.scope, rows: k.unsaid, answer: k.answer, standing: left, now: k.Now()}
	k.unsaid, k.answer = nil, nil
	k.mu.Unlock()
	if len(w.rows) == 0 && w.answer == nil && left == nil {
		return nil
	}
	held, err := k.write(context.WithoutCancel(ctx), &w)
	switch {
	case err != nil:
		k.lost(err)
		return err
	case !held:
		slog.InfoContext(ctx, "lease lost, outcome dropped", "run", k.r.ID)
		k.lost(errLost)
		return errLost
	}
	return nil
}

// keep renews the lease of the run from now on, until the walk is over.
func (k *walk) keep() {
	k.keeps.Do(func() {
		go func() {
			tick := time.NewTicker(renew)
			defer tick.Stop()
			for {
				select {
				case <-k.ctx.Done():
					return
				case <-tick.C:
				}
				held, err := k.renew(k.ctx, k.scope, k.r)
				if err != nil && k.ctx.Err() == nil {
					slog.WarnContext(k.ctx, "a lease was not renewed", "run", k.r.ID, "error", err)
				}
				if err == nil && !held {
					k.lost(errLost)
				}
			}
		}()
	})
}
