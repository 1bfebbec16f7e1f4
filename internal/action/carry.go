package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Why a run was cut off.
var (
	errCanceled = errors.New("action: somebody asked for the run to stop")
	errLost     = errors.New("action: the lease was lost")
)

// carry carries a run out whose lease the caller has, and writes down what
// became of it. The lease is renewed meanwhile; who loses it writes nothing.
func (s *Service) carry(ctx context.Context, scope tenant.Scope, r *Run, u *Use, j *operation.Job, out *Outcome, allowed time.Duration) (*Outcome, error) {
	within, cancel := context.WithTimeout(ctx, allowed)
	defer cancel()
	doing, stop := context.WithCancelCause(within)
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		s.beat(doing, stop, scope, r)
	}()
	s.perform(doing, allowed, j, out)
	why := context.Cause(doing)
	stop(nil)
	<-beating
	set := map[string]any{"status": out.status()}
	switch {
	case out.Failure == nil:
	case errors.Is(why, errCanceled):
		set["status"] = Canceled
		out.Failure.Name, out.Failure.Origin = "Canceled", "caller"
		out.Failure.Message = "The run was stopped while it was under way. Whether the app did what it was asked is not known."
	case ctx.Err() != nil && r.Repeatable && r.Attempts < mostTries: // we were told to stop, which is no fault of the run
		return out, s.put(scope, r, map[string]any{"status": Queued, "lease_id": ""})
	case ctx.Err() != nil:
		set["status"], out.Failure = Unknown, Unknown.failed()
	}
	return s.finish(ctx, scope, r, u, j, out, set)
}

// finish writes an outcome down. What is dropped, since the lease was lost, is
// replaced by what was written instead.
func (s *Service) finish(ctx context.Context, scope tenant.Scope, r *Run, u *Use, j *operation.Job, out *Outcome, set map[string]any) (*Outcome, error) {
	value, err := s.seal(ofValue, r, out.bounded())
	if err != nil {
		return nil, err
	}
	rules := s.rules(context.WithoutCancel(ctx), scope)
	logs, err := s.seal(ofLogs, r, out.record(u, secretProps(j), j != nil, rules)) // without its props nobody knows what is secret
	if err != nil {
		return nil, err
	}
	now := s.Now()
	set["value"], set["logs"], set["input"], set["finished_at"] = value, logs, nil, now
	if out.Failure != nil {
		words, _ := json.Marshal(out.Failure.logged(rules)) // texts and a number always marshal
		set["failure"] = string(words)
	}
	err = s.put(scope, r, set)
	if errors.Is(err, errLost) {
		slog.InfoContext(ctx, "lease lost, outcome dropped", "run", r.ID)
		a, err := s.await(context.WithoutCancel(ctx), scope, r.ID, 0)
		if err != nil {
			return nil, err
		}
		return a.Outcome, nil
	}
	if err != nil { // who waits is told what became of it all the same
		slog.ErrorContext(ctx, "the outcome of a run is not written down", "run", r.ID, "error", err)
	}
	r.Status, r.FinishedAt, r.Failure = set["status"].(Status), &now, out.Failure //nolint:forcetypeassert // it is set above
	return out, nil
}

// put changes a run under its lease, or returns errLost. A database that is away
// is asked again until the lease ends.
func (s *Service) put(scope tenant.Scope, r *Run, set map[string]any) error {
	ctx, cancel := context.WithTimeout(context.Background(), leaseFor/2)
	defer cancel()
	for {
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			res := tx.Model(&Run{}).Where("id = ? AND lease_id = ? AND status = ?", r.ID, r.LeaseID, Running).Updates(set)
			if res.Error == nil && res.RowsAffected == 0 {
				return errLost
			}
			return res.Error
		})
		if err == nil || errors.Is(err, errLost) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("write run: %w", err)
		case <-time.After(time.Second):
		}
	}
}

// beat renews a run's lease until ctx ends, and stops the run when somebody asked
// for that, or when the lease is another's.
func (s *Service) beat(ctx context.Context, stop context.CancelCauseFunc, scope tenant.Scope, r *Run) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	until := *r.LeaseUntil
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := s.Now()
		var held []struct{ CancelAt *time.Time }
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			return tx.Raw("UPDATE action_runs SET lease_until = ? WHERE id = ? AND lease_id = ? AND status = 'running' RETURNING cancel_at", now.Add(leaseFor), r.ID, r.LeaseID).Scan(&held).Error
		})
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && len(held) == 0, err != nil && now.After(until):
			stop(errLost)
			return
		case err != nil:
			continue
		case held[0].CancelAt != nil:
			stop(errCanceled)
			return
		}
		until = now.Add(leaseFor)
	}
}

// bounded is an outcome as it is kept: without a value that is too large.
func (o *Outcome) bounded() *Outcome {
	raw, err := json.Marshal([]any{o.Value, o.Exports})
	if err == nil && len(raw) <= largestAnswer {
		return o
	}
	out := *o
	out.Value, out.Exports = nil, nil
	out.Observations = append(out.Observations[:len(out.Observations):len(out.Observations)], Observation{
		Kind: "console.log", Message: fmt.Sprintf("What the action returned is larger than %d MiB, and was not kept.", largestAnswer>>20),
	})
	return &out
}

// secretProps are the names of the props whose values are shown to nobody.
func secretProps(j *operation.Job) (names []string) {
	if j == nil {
		return nil
	}
	for i := range j.Component.Props {
		if p := &j.Component.Props[i]; p.Secret {
			names = append(names, p.Name)
		}
	}
	return names
}
