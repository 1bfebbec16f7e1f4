package run

import (
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// tellFailed records that a run ended in a failure, in the transaction in which
// it did, and returns who hears of it, for the nudge after the commit. The event
// is about the workflow, so that the same failure of many runs is one. again is
// when the run is tried again; nil = it is over.
func tellFailed(tx *gorm.DB, scope tenant.Scope, r *Run, p *Problem, now time.Time, again *time.Time) ([]string, error) {
	e := &event.Event{Type: event.WorkflowFailed, SubjectID: r.WorkflowID, CreatedAt: now}
	if r.ExternalUserID != nil {
		e.ExternalUserID = *r.ExternalUserID
	}
	told := map[string]any{"id": r.ID, "created_at": r.CreatedAt.UTC().Format(event.Millis), "attempts": r.Attempts}
	if again != nil {
		told["retry_at"] = again.UTC().Format(event.Millis)
	}
	err := e.Fill(scope.EnvironmentName(), map[string]any{
		"workflow": map[string]any{"id": r.WorkflowID, "name": r.WorkflowName, "version": r.Version},
		"run":      told,
		"error":    p.shown(r),
	})
	if err != nil {
		return nil, err
	}
	return webhook.Emit(tx, e, webhook.To{Project: true})
}

// shown is a problem as others may hear of it: a message may hold what was given.
func (p *Problem) shown(r *Run) *Problem {
	if r.Store == workflow.StoreNone && p != nil {
		return &Problem{Code: p.Code, Message: "Not kept.", Step: p.Step}
	}
	return p
}
