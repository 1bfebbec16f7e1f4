package action

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// TaskRun nudges a worker to look for queued runs.
const TaskRun = "action:run"

// Manner is how a run is asked for. The zero Manner waits for its outcome.
type Manner struct {
	Key        string        // idempotency key; "" = none
	Background bool          // it goes on by itself; what became of it, Get says
	Wait       time.Duration // for the outcome of a run in the background, before the caller is let go
	Via        Via           // "" = the API
	By         string        // the workflow's run that asks
	Approval   string        // by which the run's user approved it; "" = nobody was asked
}

// Via is the door by which a run was asked for.
type Via string

// The doors.
const (
	ByAPI      Via = "api"
	ByMCP      Via = "mcp"
	ByWorkflow Via = "workflow"
)

// asked writes down who asks for the run.
func (r *Run) asked(by audit.Actor, m Manner) {
	r.Via, r.CallerKind, r.CallerID, r.ApprovalID = cmp.Or(m.Via, ByAPI), string(by.Kind), by.ID, m.Approval
	switch {
	case m.Via == ByWorkflow:
		r.CallerKind, r.CallerID = "workflow", m.By
	case by.Kind == audit.MCPClient:
		r.CallerName = by.Name
	}
}

// Answer is what became of a run that was asked for.
type Answer struct {
	Run      *Run     // as it stands
	Outcome  *Outcome // nil = it is not over
	Replayed bool     // it is the outcome of an earlier call with the same key
}

// Run runs an action. An error means that it did not begin; what failed on the
// way is in the outcome. What was begun is done to its end, whether the caller
// still listens or not.
//
// A run with a key is a row before it begins: whoever comes again with the key
// gets its outcome, waits for it, or is told that it is not known. Nothing is
// done twice for a key, within KeepAnswer.
func (s *Service) Run(ctx context.Context, scope tenant.Scope, u Use, m Manner) (*Answer, error) {
	u.Type = component.Action
	if m.Key != "" {
		a, err := s.again(ctx, scope, &u, m)
		if err != nil || a != nil {
			return a, err
		}
	}
	asked := u
	j, out, err := s.job(ctx, scope, &u, true)
	if err != nil {
		return nil, err
	}
	r := s.row(&asked, j)
	r.ArgumentsHash = asked.ArgumentsHash(scope)
	r.asked(audit.By(ctx), m)
	if m.Key == "" && !m.Background {
		began := r.CreatedAt
		r.StartedAt = &began
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timeout)
		defer cancel()
		s.perform(within, s.Timeout, j, out)
		s.note(ctx, scope, r, &asked, j, out)
		return &Answer{Run: r, Outcome: out}, nil
	}
	if a, err := s.insert(ctx, scope, r, &asked, m); err != nil || a != nil {
		return a, err
	}
	if m.Background {
		s.Queue.Nudge(ctx, TaskRun, scope, r.ID)
		if m.Wait == 0 {
			return &Answer{Run: r}, nil
		}
		return s.await(ctx, scope, r.ID, m.Wait)
	}
	out, err = s.carry(context.WithoutCancel(ctx), scope, r, &asked, j, out, s.Timeout)
	return &Answer{Run: r, Outcome: out}, err
}

// row is a run as it begins.
func (s *Service) row(u *Use, j *operation.Job) *Run {
	c := j.Component
	r := &Run{
		ID: j.ID, ComponentKey: c.Key, ComponentVersion: c.Version, App: c.App, ExternalUserID: u.ExternalUserID,
		Status: Running, InputHash: u.digest(j.ID), CreatedAt: s.Now(),
		Repeatable: c.Effect != nil && (c.Effect.Idempotent || c.Effect.ReadOnly),
	}
	r.AccountID = u.AccountID(c)
	return r
}

// insert writes a run down before it begins. It returns an answer if another
// call with the key was first.
func (s *Service) insert(ctx context.Context, scope tenant.Scope, r *Run, u *Use, m Manner) (a *Answer, err error) {
	if r.Input, err = s.seal(ofInput, r, u); err != nil {
		return nil, err
	}
	until := r.CreatedAt.Add(KeepAnswer)
	r.KeptUntil = &until
	if m.Key != "" {
		r.IdempotencyKey = &m.Key
	}
	if m.Background {
		r.Background, r.Status = true, Queued
	} else {
		r.lease(r.CreatedAt)
	}
	first := false
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if m.Background {
			var n int64
			if err := tx.Raw("SELECT count(*) FROM (SELECT 1 FROM action_runs WHERE status = 'queued' LIMIT ?) AS waiting", mostQueued).Scan(&n).Error; err != nil {
				return fmt.Errorf("count runs: %w", err)
			}
			if n >= mostQueued {
				return ErrBusy
			}
		}
		if m.Key != "" {
			err := tx.Model(&Run{}).Where("idempotency_key = ? AND kept_until <= ?", m.Key, r.CreatedAt).Update("idempotency_key", nil).Error
			if err != nil {
				return fmt.Errorf("free idempotency key: %w", err)
			}
		}
		res := tx.Clauses(clause.OnConflict{DoNothing: true}).Omit("environment_id").Create(r)
		first = res.RowsAffected == 1
		if res.Error != nil {
			return fmt.Errorf("insert run: %w", res.Error)
		}
		return nil
	})
	if err != nil || first {
		return nil, err
	}
	if a, err = s.again(ctx, scope, u, m); err == nil && a == nil {
		err = ErrUnder // it is gone already: its time is over at this moment
	}
	return a, err
}

// lease makes a run its caller's to carry out.
func (r *Run) lease(now time.Time) {
	until := now.Add(leaseFor)
	r.Status, r.LeaseID, r.LeaseUntil, r.Attempts = Running, id.New("lease"), &until, r.Attempts+1
	if r.StartedAt == nil {
		r.StartedAt = &now
	}
}

// again answers a call whose key was there before, or returns nil.
func (s *Service) again(ctx context.Context, scope tenant.Scope, u *Use, m Manner) (*Answer, error) {
	var r *Run
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		r, err = db.One[Run](tx.Where("idempotency_key = ? AND kept_until > ?", m.Key, s.Now()), ErrNoRun)
		return err
	})
	switch {
	case errors.Is(err, ErrNoRun):
		return nil, nil
	case err != nil:
		return nil, err
	case !bytes.Equal(u.digest(r.ID), r.InputHash):
		return nil, ErrReused.With(map[string]any{"run_id": r.ID})
	}
	wait := s.Timeout
	if m.Background {
		wait = m.Wait
	}
	a, err := s.await(ctx, scope, r.ID, wait)
	if err != nil {
		return nil, err
	}
	if a.Outcome == nil && !m.Background {
		return nil, ErrUnder.With(map[string]any{"run_id": r.ID})
	}
	a.Replayed = true
	return a, nil
}

// await returns what became of a run, or how it stands after a while.
func (s *Service) await(ctx context.Context, scope tenant.Scope, runID string, most time.Duration) (*Answer, error) {
	late := time.NewTimer(most)
	defer late.Stop()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		var r *Run
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
			r, err = db.One[Run](tx.Where("id = ?", runID), ErrNoRun)
			return err
		})
		if err != nil {
			return nil, err
		}
		if r.Status.Over() {
			out, err := s.Outcome(r)
			return &Answer{Run: r, Outcome: out}, err
		}
		select {
		case <-late.C:
			return &Answer{Run: r}, nil
		case <-ctx.Done():
			return &Answer{Run: r}, nil
		case <-time.After(pause):
		}
	}
}

// perform carries a job out, into out.
func (s *Service) perform(ctx context.Context, allowed time.Duration, j *operation.Job, out *Outcome) {
	res, err := j.Run(ctx)
	if err != nil {
		out.fail(s.Now(), failure(ctx, allowed, err))
		return
	}
	out.Value, out.Summary, out.Exports = res.Value, res.Summary, res.Exports
}

// status is what an outcome makes of its run.
func (o *Outcome) status() Status {
	if o.Failure != nil {
		return Failed
	}
	return Succeeded
}

// rules are what a project's log keeps of a run, and what is taken out of that. Of
// a project that cannot be asked nothing is kept.
func (s *Service) rules(ctx context.Context, scope tenant.Scope) *project.ProxyRules {
	rules, err := s.Projects.ProxyRules(ctx, scope)
	if err != nil {
		slog.WarnContext(ctx, "what a project keeps of its runs is not known", "error", err)
		return nil
	}
	return &rules
}
