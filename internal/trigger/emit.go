package trigger

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/firing"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// effects are what is left to be done about events when they are committed.
type effects struct {
	endpoints []string
	begun     []*run.Begun
}

// emit records events of a trigger and has them told: a delivery is written for each
// webhook that hears, and a run for each workflow that is started.
func (s *Service) emit(tx *gorm.DB, scope tenant.Scope, t *Trigger, unkept bool, es ...*event.Event) (out effects, err error) {
	if len(es) == 0 {
		return out, nil
	}
	if out.begun, err = s.runs(tx, scope, t, unkept, es); err != nil { // first: then the bodies are whole
		return out, err
	}
	out.endpoints, err = webhook.EmitAll(tx, es, webhook.To{Trigger: t.ID})
	return out, err
}

func (e *effects) add(more effects) {
	e.endpoints, e.begun = append(e.endpoints, more.endpoints...), append(e.begun, more.begun...)
}

// pass nudges who goes on with what was emitted, after the commit.
func (s *Service) pass(ctx context.Context, scope tenant.Scope, e effects) {
	s.Webhooks.Nudge(ctx, scope, e.endpoints)
	if len(e.begun) > 0 {
		s.Firings.Runs.Tell(ctx, scope, e.begun...)
	}
}

// runs starts the runs of events.
func (s *Service) runs(tx *gorm.DB, scope tenant.Scope, t *Trigger, unkept bool, es []*event.Event) (out []*run.Begun, err error) {
	ids, err := workflowsOf(tx, t.ID)
	if err != nil || len(ids) == 0 && t.LiveID == nil {
		return nil, err
	}
	for _, e := range es {
		what := firing.Emission{TriggerID: t.ID, User: e.ExternalUserID, Body: bodyOf(e), Unkept: unkept}
		for _, id := range ids {
			b, err := s.Firings.Started(tx, scope, id, what)
			if err != nil {
				return nil, err
			}
			if b != nil {
				out = append(out, b)
			}
		}
		if t.LiveID == nil {
			continue
		}
		begun, err := s.Firings.Emitted(tx, scope, *t.LiveID, what)
		if err != nil {
			return nil, err
		}
		out = append(out, begun...)
	}
	return out, nil
}

// bodyOf is what a run is given: what was emitted, in a field of its own where that
// is no object.
func bodyOf(e *event.Event) map[string]any {
	var v any
	if err := json.Unmarshal([]byte(e.Body), &v); err != nil {
		v = e.Body
	}
	if m, ok := v.(map[string]any); ok {
		return m
	}
	return map[string]any{"event": v}
}

// workflowsOf returns the workflows that a trigger starts.
func workflowsOf(tx *gorm.DB, triggerID string) (ids []string, err error) {
	if err := tx.Raw("SELECT workflow_id FROM trigger_workflows WHERE trigger_id = ? ORDER BY workflow_id", triggerID).Scan(&ids).Error; err != nil {
		return nil, fmt.Errorf("find workflows: %w", err)
	}
	return ids, nil
}
