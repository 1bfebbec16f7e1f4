package run

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/usage"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Invocation starts a run by itself, without a request at the workflow's address.
type Invocation struct {
	ExternalUserID string            // for whom; "" = nobody
	Accounts       map[string]string // which of the user's accounts is used, by app
	Input          []byte            // the event, JSON
	IdempotencyKey string            // "" = none
}

// Body is the event of a run whose caller sends only a body: expressions read it
// where that of a request is.
func Body(body any) ([]byte, error) {
	raw, err := json.Marshal(map[string]any{"body": body, "method": http.MethodPost, "path": "/", "query": map[string]any{}, "headers": map[string]any{}})
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return raw, nil
}

// Start is Invoke for a user ("" = nobody) with an event.
func (s *Service) Start(ctx context.Context, scope tenant.Scope, workflowID, externalUserID string, input []byte) (*Run, error) {
	return s.Invoke(ctx, scope, workflowID, Invocation{ExternalUserID: externalUserID, Input: input})
}

// Invoke queues a run of the workflow's running version. A call that cannot run for
// its user is recorded as a failed run, so that its owner sees it, and its fault is
// returned. With the idempotency key of an earlier call it returns that call's run.
func (s *Service) Invoke(ctx context.Context, scope tenant.Scope, workflowID string, in Invocation) (*Run, error) {
	if err := s.Plans.Allow(ctx, scope.Project(), usage.WorkflowRuns); err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	r := s.queued(workflowID, in.ExternalUserID, in.Input)
	r.Accounts = in.Accounts
	var refusal *fault.Error
	var told []string
	var earlier *Run
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		w, d, err := workflow.Runnable(tx, workflowID)
		if err != nil {
			return err
		}
		if earlier, err = s.earlier(tx, scope, workflowID, in); err != nil || earlier != nil {
			return err
		}
		if told, refusal, err = s.put(tx, scope, w, d, r); err != nil || in.IdempotencyKey == "" {
			return err
		}
		if refusal != nil { // what could not be done may be asked for again
			return inbound.Forget(tx, source(scope, workflowID)+"/api", in.IdempotencyKey)
		}
		return inbound.End(tx, source(scope, workflowID)+"/api", in.IdempotencyKey, r.ID)
	})
	if err != nil || earlier != nil {
		return earlier, err
	}
	if len(told) > 0 {
		s.Webhooks.Nudge(ctx, scope, told)
	}
	if refusal != nil {
		details := map[string]any{"run_id": r.ID}
		maps.Copy(details, refusal.Details)
		return r, refusal.With(details)
	}
	s.nudge(ctx, scope, r)
	return r, nil
}

// earlier takes an invocation's idempotency key, or returns the run of the first
// one that had it.
func (s *Service) earlier(tx *gorm.DB, scope tenant.Scope, workflowID string, in Invocation) (*Run, error) {
	if in.IdempotencyKey == "" {
		return nil, nil
	}
	body, err := json.Marshal([]any{in.ExternalUserID, in.Accounts, json.RawMessage(in.Input)})
	if err != nil {
		return nil, fmt.Errorf("encode call: %w", err)
	}
	id, err := inbound.Begin(tx, source(scope, workflowID)+"/api", in.IdempotencyKey, &inbound.Request{Method: http.MethodPost, Body: body}, s.Now())
	if err != nil || id == "" {
		return nil, err
	}
	return db.One[Run](tx.Where("id = ?", id), ErrNotFound)
}
