package run

import (
	"context"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Begun is a run that was written down, and what is left to be done about it once
// that is committed: Service.Tell does it.
type Begun struct {
	Run     *Run
	Refused *fault.Error // why it was written down as failed; nil = it is queued

	told []string
}

// Cause is what a run is begun for.
type Cause struct {
	Trigger string // its name, or the id of a deployed one that is none of the workflow's; "" = the API
	User    string // the customer's own id; "" = nobody
	Input   []byte // JSON
	Store   string // what is kept of its payloads: workflow.StoreNone, or "" = what the workflow says
}

// Begin queues a run within a transaction of the scope. The error is
// workflow.ErrNotFound for a workflow that is off.
func (s *Service) Begin(tx *gorm.DB, scope tenant.Scope, workflowID string, of Cause) (*Begun, error) {
	w, d, err := workflow.Runnable(tx, workflowID)
	if err != nil {
		return nil, err
	}
	r := s.queued(workflowID, of.User, of.Input)
	r.Trigger, r.Store = of.Trigger, of.Store
	out := &Begun{Run: r}
	out.told, out.Refused, err = s.put(tx, scope, w, d, r)
	return out, err
}

// Tell nudges who goes on with runs that were begun.
func (s *Service) Tell(ctx context.Context, scope tenant.Scope, all ...*Begun) {
	for _, b := range all {
		if len(b.told) > 0 {
			s.Webhooks.Nudge(ctx, scope, b.told)
		}
		if b.Refused == nil {
			s.nudge(ctx, scope, b.Run)
		}
	}
}
