package run

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// atHand is how long a delay is at the most for which its worker waits itself. A
// longer one is a row, and costs nothing while it lasts.
const atHand = 2 * time.Second

// delay lets a run wait. It reports that the run waits without a worker.
func (w *Worker) delay(ctx context.Context, scope tenant.Scope, r *Run, def *workflow.Step, s *Step, values workflow.Values) (over bool, res result, err error) {
	if s.WakeAt == nil { // it begins
		until, err := wake(def, values, w.Now())
		if err != nil {
			return false, failed(err), nil
		}
		s.WakeAt = &until
	}
	res = result{status: Succeeded, input: map[string]any{"until": s.WakeAt}, output: map[string]any{"until": s.WakeAt.Format(time.RFC3339Nano)}}
	s.Input = encode(res.input)
	left := s.WakeAt.Sub(w.Now())
	switch {
	case left <= 0:
		return false, res, nil
	case left > atHand:
		return true, res, w.park(ctx, scope, r, s, result{}, *s.WakeAt)
	}
	s.Status = Waiting
	held, err := w.write(ctx, scope, r, s, map[string]any{})
	if err != nil || !held {
		return true, res, err
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case <-t.C:
		return false, res, nil
	case <-ctx.Done():
		return true, res, fmt.Errorf("stopped in step %s: %w", def.Name, ctx.Err())
	}
}

// wake works out until when a delay waits. A time that is past is now.
func wake(def *workflow.Step, values workflow.Values, now time.Time) (time.Time, error) {
	if def.For != "" {
		text, err := values.Text(def.For)
		if err != nil {
			return now, unworked(err)
		}
		d, err := workflow.Duration(text)
		if err != nil {
			return now, fault.New(fault.Invalid, "delay", "The delay is none: %s.", err)
		}
		return now.Add(d).UTC(), nil
	}
	text, err := values.Text(def.Until)
	if err != nil {
		return now, unworked(err)
	}
	until, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return now, fault.New(fault.Invalid, "delay", "%q is not a time such as 2026-01-31T08:00:00Z.", text)
	}
	if last := now.Add(workflow.LongestWait); until.After(last) {
		return now, fault.New(fault.Invalid, "delay", "%s is more than 366 days from now.", text)
	}
	return until.UTC(), nil
}

// park lets a run wait as a row: it is nobody's until its time has come.
func (w *Worker) park(ctx context.Context, scope tenant.Scope, r *Run, s *Step, res result, until time.Time) error {
	s.Status, s.WakeAt = Waiting, &until
	if res.err != nil {
		s.Error, s.Output = w.problem(ctx, r, &workflow.Step{Name: s.Name}, res.err), encode(res.output)
	}
	_, err := w.write(context.WithoutCancel(ctx), scope, r, s, map[string]any{"status": Waiting, "lease_until": until, "lease_id": ""})
	return err
}

// retry reports whether a step is tried again, and after which time: about as
// long as its definition says, so that those that failed together do not come
// together.
func retry(def *workflow.Step, s *Step, res result) (wait time.Duration, again bool) {
	if def.Retry == nil || res.status != Failed || !res.passing || s.Attempts >= def.Retry.Attempts {
		return 0, false
	}
	spread := 0.9 + 0.2*rand.Float64() //nolint:gosec // no secret
	return time.Duration(spread * float64(def.Retry.Wait(s.Attempts))), true
}
