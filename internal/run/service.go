package run

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/plan"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
	"github.com/patchbay-dev/patchbay/internal/webhook"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// TaskAdvance nudges a worker to look at a run.
const TaskAdvance = "run:advance"

// Service starts and reads runs.
type Service struct {
	DB       *db.DB
	Queue    *queue.Client
	Webhooks *webhook.Service
	Plans    *plan.Service // whether there may be another run; nil = any number
	Box      *secret.Box
	Keys     *token.Keyring // of links by which runs are answered
	Schemes  *inbound.Schemes
	Verifier *inbound.Verifier
	Tally    *inbound.Tally
	Metrics  *telemetry.Metrics
	Redis    *redis.Client // nil = none: what is canceled is broken off when its lease is renewed
	DeadAge  time.Duration // of the oldest dead letter, at which its environment is told; 0 = never
	Now      func() time.Time

	followers  followers
	sweeping   sync.Mutex
	sweptQueue string       // the last queue that a sweep has looked at
	deadSwept  atomic.Int64 // unix nanoseconds

	Here Dispatch // what this process does of it
}

// Nudge has workers look at runs now: this process, if it is one, or else another. It
// is called after the commit.
func (s *Service) Nudge(ctx context.Context, scope tenant.Scope, runIDs ...string) {
	for _, id := range s.Here.Take(scope, runIDs) {
		s.Queue.Nudge(ctx, TaskAdvance, scope, id)
	}
}

// Told has this process advance a run that another one told it of, in the turn of its
// environment. What there is no room for is left to the sweep.
func (s *Service) Told(_ context.Context, scope tenant.Scope, runID string) error {
	s.Here.Take(scope, []string{runID})
	return nil
}

func (s *Service) queued(workflowID, externalUserID string, input []byte) *Run {
	now := s.Now()
	r := &Run{ID: id.New("run"), WorkflowID: workflowID, Status: Queued, Input: string(input), Attempts: 1, LeaseUntil: now, CreatedAt: now}
	if externalUserID != "" {
		r.ExternalUserID = &externalUserID
	}
	return r
}

// put writes a queued run down, as failed if it cannot run for its user, and why.
func (s *Service) put(tx *gorm.DB, scope tenant.Scope, w *workflow.Workflow, d *workflow.Definition, r *Run) (told []string, refusal *fault.Error, err error) {
	r.WorkflowName, r.Version = w.Name, w.VersionFor(r.ID)
	if r.Version != w.Version {
		if d, err = workflow.AtVersion(tx, w.ID, r.Version); err != nil {
			return nil, nil, err
		}
	}
	if r.Store != workflow.StoreNone {
		r.Store = d.Kept()
	}
	if err := own(tx, d, r); err != nil {
		return nil, nil, err
	}
	if err := may(tx, scope, d, r); err != nil {
		if refusal = fault.Of(err); refusal.Kind == fault.Internal {
			return nil, nil, err
		}
	}
	var at *place
	if refusal == nil {
		if at, refusal, err = s.place(tx, scope, w, d, r); err != nil {
			return nil, nil, err
		}
	}
	if refusal != nil {
		r.Status, r.Error, r.FinishedAt = Failed, &Problem{Code: refusal.Code, Message: refusal.Message}, &r.CreatedAt
		if r.Store == workflow.StoreNone {
			r.Input = "null"
		}
	}
	if err := supersede(tx, scope, r, d); err != nil {
		return nil, nil, err
	}
	if err := tx.Create(r).Error; err != nil {
		return nil, nil, fmt.Errorf("insert run: %w", err)
	}
	if at != nil {
		return nil, nil, at.take(tx)
	}
	if refusal != nil {
		told, err = tellFailed(tx, scope, r, r.Error, r.CreatedAt, nil)
	}
	return told, refusal, err
}

// named is the customer's own id of a run's user; "" = nobody.
func named(externalUserID *string) string {
	if externalUserID == nil {
		return ""
	}
	return *externalUserID
}

// Get returns a run with the steps that were begun, in order.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, runID string) (r *Run, steps []Step, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if r, err = db.One[Run](tx.Where("id = ?", runID), ErrNotFound); err != nil {
			return err
		}
		steps, err = stepsOf(tx, runID)
		return err
	})
	return r, steps, err
}

// Answer waits for what a run answers its caller: at most until ctx ends, which
// is ErrTimeout. A run that is over without an answer is ErrNoRespond or ErrRunFailed.
func (s *Service) Answer(ctx context.Context, scope tenant.Scope, runID string) (*Response, error) {
	wait := 5 * time.Millisecond
	for {
		var r *Run
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
			r, err = db.One[Run](tx.Select("status", "response").Where("id = ?", runID), ErrNotFound)
			return err
		})
		switch {
		case ctx.Err() != nil:
			return nil, ErrTimeout
		case err != nil:
			return nil, err
		case r.Response != nil:
			var out Response
			if err := json.Unmarshal([]byte(*r.Response), &out); err != nil {
				return nil, fmt.Errorf("decode response: %w", err)
			}
			return &out, nil
		case r.Status == Failed, r.Status == DeadLettered, r.Status == Retrying: // who waits does not wait for another try
			return nil, ErrRunFailed
		case r.Status == Canceled:
			return nil, ErrCanceled
		case r.Status == Succeeded || r.Status == Ended:
			return nil, ErrNoRespond
		}
		select {
		case <-ctx.Done():
			return nil, ErrTimeout
		case <-time.After(wait):
			wait = min(wait*2, 100*time.Millisecond)
		}
	}
}
