package run

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/usage"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Took is what became of a request at a workflow's address.
type Took struct {
	Answer *intake.Answer
	Runs   []string // that it started, or that the request before it with its idempotency key did
}

// Take takes a request at a workflow's address for a user ("" = nobody), as the
// workflow's settings say, and starts a run for each event that it holds. A run
// that cannot be for its user is recorded as failed; when it is the only one,
// its fault is returned, too.
func (s *Service) Take(ctx context.Context, scope tenant.Scope, workflowID, externalUserID string, a *intake.Arrival) (*Took, error) {
	if err := s.Plans.Allow(ctx, scope.Project(), usage.WorkflowRuns); err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	var v entry
	err := s.Verifier.Fetching(ctx, source(scope, workflowID), func() error {
		v = entry{s: s, scope: scope, userID: externalUserID}
		return s.DB.In(ctx, scope, func(tx *gorm.DB) error { return v.take(tx, workflowID, a) })
	})
	s.count(&v, err)
	if err != nil {
		return nil, err
	}
	out := &Took{Answer: v.visit.Answer}
	if out.Answer.Replayed {
		var said struct {
			RunID string `json:"run_id"`
		}
		if json.Unmarshal([]byte(out.Answer.Body), &said) == nil && said.RunID != "" {
			out.Runs = []string{said.RunID}
		}
	}
	for _, r := range v.runs {
		out.Runs = append(out.Runs, r.ID)
		if r.Status == Queued {
			s.nudge(ctx, scope, r)
		}
	}
	if len(v.told) > 0 {
		s.Webhooks.Nudge(ctx, scope, v.told)
	}
	if refusal := v.alone(); refusal != nil {
		return out, refusal
	}
	return out, nil
}

// count counts what came of a request at an address that has settings.
func (s *Service) count(v *entry, err error) {
	if v.taken == nil || v.visit == nil {
		return
	}
	c := v.visit.Counts
	if err != nil {
		var unsigned bool
		if c, unsigned = intake.Count(err, s.Now()); unsigned {
			s.Metrics.Unsigned.Inc()
		}
	}
	if c.Received > 0 {
		s.Tally.Add(v.scope, v.visit.SourceID, c)
	}
}

// entry is one request on its way to become runs of a workflow.
type entry struct {
	s       *Service
	scope   tenant.Scope
	userID  string
	taken   *taken
	visit   *intake.Visit
	runs    []*Run
	told    []string
	refusal *fault.Error
}

func (v *entry) take(tx *gorm.DB, workflowID string, a *intake.Arrival) error {
	w, d, err := workflow.Runnable(tx, workflowID)
	if err != nil {
		return err
	}
	if v.taken, err = takenOf(tx, workflowID); err != nil {
		return err
	}
	v.visit = &intake.Visit{
		Arrival: a, Settings: &intake.Settings{}, SourceID: source(v.scope, workflowID), User: v.userID, Schemes: v.s.Schemes, Verifier: v.s.Verifier, Now: v.s.Now,
		Keys: func() (inbound.Keys, error) { return v.s.keysOf(v.taken) }, Keep: v.keep,
		Waiting: func(tx *gorm.DB, most int) (int, error) { return waiting(tx, workflowID, most) },
		Accept:  func(tx *gorm.DB, calls []*inbound.Call) (map[string]any, error) { return v.accept(tx, w, d, calls) },
	}
	if v.taken != nil {
		v.visit.Settings = v.taken.Settings
	}
	if v.visit.Settings, err = as(v.visit.Settings, d.HTTP()); err != nil {
		return err
	}
	if err := v.visit.Take(tx); err != nil || v.alone() == nil || a.IdempotencyKey == "" {
		return err
	}
	return inbound.Forget(tx, v.visit.SourceID, a.IdempotencyKey) // what could not be done may be asked for again
}

// alone returns why a request's only run could not be.
func (v *entry) alone() *fault.Error {
	if len(v.runs) != 1 {
		return nil
	}
	return v.refusal
}

// accept starts a run for each call, unless the caller asks for none.
func (v *entry) accept(tx *gorm.DB, w *workflow.Workflow, d *workflow.Definition, calls []*inbound.Call) (map[string]any, error) {
	if v.visit.Arrival.NoTrigger || len(calls) == 0 {
		return nil, nil
	}
	ids := make([]string, 0, len(calls))
	for _, call := range calls {
		input, err := json.Marshal(call)
		if err != nil {
			return nil, fmt.Errorf("encode event: %w", err)
		}
		r := v.s.queued(w.ID, v.userID, input)
		r.Accounts = v.visit.Arrival.Accounts
		r.join(call.Headers["traceparent"])
		if call.Headers["x-pd-nostore"] == "1" {
			r.Store = workflow.StoreNone
		}
		r.Trigger = d.HTTP().Name
		told, refusal, err := v.s.put(tx, v.scope, w, d, r)
		if err != nil {
			return nil, err
		}
		v.runs, v.told = append(v.runs, r), append(v.told, told...)
		if refusal != nil {
			v.refusal = refusal
		}
		ids = append(ids, r.ID)
	}
	if len(ids) == 1 && calls[0].Batch == nil {
		return map[string]any{"run_id": ids[0]}, nil
	}
	return map[string]any{"run_ids": ids}, nil
}

// keep writes down a secret that came by a handshake, unless there is one by now.
func (v *entry) keep(tx *gorm.DB, k inbound.Keys) error {
	sealed, err := intake.Seal(v.s.Box, associatedIntake(v.taken.ID), k)
	if err != nil {
		return err
	}
	res := tx.Exec("UPDATE workflow_intakes SET keys = ? WHERE id = ? AND keys IS NOT DISTINCT FROM ?", sealed, v.taken.ID, v.taken.Keys)
	return db.Affected(res, inbound.ErrSignature)
}

// waiting returns how many runs of a workflow have not ended, counted up to most.
func waiting(tx *gorm.DB, workflowID string, most int) (n int, err error) {
	err = tx.Raw("SELECT count(*) FROM (SELECT FROM runs WHERE workflow_id = ? AND finished_at IS NULL LIMIT ?) w", workflowID, most).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count what waits: %w", err)
	}
	return n, nil
}
