package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Worker advances runs.
type Worker struct {
	DB       *db.DB
	Steps    *Executor
	Webhooks *webhook.Service
	Metrics  *telemetry.Metrics
	Now      func() time.Time
}

// Advance does what is left of a run. Called twice, or by two workers at once,
// it does the work once: the second finds no lease to take. A step that a dead
// worker had begun is begun again.
func (w *Worker) Advance(ctx context.Context, scope tenant.Scope, runID string) error {
	var r *Run
	var d *workflow.Definition
	var done []Step
	err := w.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		if r, err = claim(tx, runID, w.Now()); err != nil || r == nil {
			return err
		}
		if d, err = workflow.AtVersion(tx, r.WorkflowID, r.Version); err != nil {
			return err
		}
		done, err = stepsOf(tx, runID)
		return err
	})
	if err != nil || r == nil {
		return err
	}
	values, next, begun, err := recall(scope, r, d, done)
	if err != nil {
		return err
	}
	for ; next < len(d.Steps); next++ {
		over, err := w.step(ctx, scope, r, &d.Steps[next], next, begun, values, next == len(d.Steps)-1)
		if err != nil || over {
			return err
		}
		begun = nil
	}
	return nil
}

// recall rebuilds what expressions see from the steps that were finished, and
// returns the position of the first that was not, with its row if it was begun.
func recall(scope tenant.Scope, r *Run, d *workflow.Definition, done []Step) (values workflow.Values, next int, begun *Step, err error) {
	var event any
	if err := json.Unmarshal([]byte(r.Input), &event); err != nil {
		return nil, 0, nil, fmt.Errorf("decode input: %w", err)
	}
	user := map[string]any{"environment": scope.EnvironmentName(), "external_id": nil}
	if r.ExternalUserID != nil {
		user["external_id"] = *r.ExternalUserID
	}
	outputs := map[string]any{}
	for i := range done {
		s := &done[i]
		if s.Status != Succeeded && (s.Status != Failed || !d.Steps[s.Position].GoesOn()) {
			begun = s
			break
		}
		var out any
		if s.Output != nil {
			if err := json.Unmarshal([]byte(*s.Output), &out); err != nil {
				return nil, 0, nil, fmt.Errorf("decode output of %s: %w", s.Name, err)
			}
		}
		outputs[s.Name] = seen(s, out)
		next = s.Position + 1
	}
	return workflow.Values{"trigger": event, "user": user, "steps": outputs}, next, begun, nil
}

// seen is what later steps see of a step: its output, or what was wrong.
func seen(s *Step, output any) any {
	if s.Status != Failed {
		return output
	}
	return map[string]any{"error": map[string]any{"code": s.Error.Code, "message": s.Error.Message}, "output": output}
}

// step does one step and writes down what came of it. begun is what is known of
// it from before. It reports that the run is over, that it waits, or that the
// lease was lost, in which case another worker goes on.
func (w *Worker) step(ctx context.Context, scope tenant.Scope, r *Run, def *workflow.Step, position int, begun *Step, values workflow.Values, last bool) (over bool, err error) {
	s := &Step{ID: id.New("step"), RunID: r.ID, Path: def.Name, Position: position, Name: def.Name, Type: def.Type, Status: Running, Attempts: 1, StartedAt: w.Now()}
	if begun != nil {
		s.ID, s.Attempts, s.StartedAt, s.WakeAt = begun.ID, begun.Attempts, begun.StartedAt, begun.WakeAt
	}
	do := w.perform
	if def.Type == workflow.Delay {
		do = w.delay
	}
	over, result, err := do(ctx, scope, r, def, s, values)
	if over || err != nil {
		return true, err
	}
	if wait, again := retry(def, s, result); again {
		return true, w.park(ctx, scope, r, s, result, w.Now().Add(wait))
	}
	now := w.Now()
	s.FinishedAt, s.Status, s.Output, s.WakeAt = &now, result.status, encode(result.output), nil
	set := map[string]any{}
	if result.response != nil {
		set["response"] = *encode(result.response)
	}
	s.Error = w.problem(ctx, r, def, result.err)
	status := result.status // the run's, if the step is its last
	if status == Failed && def.GoesOn() {
		status = Succeeded
	}
	if over = last || status != Succeeded; over {
		set["status"], set["finished_at"] = status, now
	}
	if status == Failed {
		set["error"] = *encode(s.Error)
	}
	held, err := w.write(context.WithoutCancel(ctx), scope, r, s, set)
	if err != nil || !held {
		return true, err
	}
	if over {
		w.Metrics.Runs.WithLabelValues(string(status)).Inc()
	}
	values["steps"].(map[string]any)[def.Name] = seen(s, result.output) //nolint:forcetypeassert // recall made it
	return over, nil
}

// perform does a step that is no delay. It reports that somebody else goes on.
func (w *Worker) perform(ctx context.Context, scope tenant.Scope, r *Run, def *workflow.Step, s *Step, values workflow.Values) (over bool, res result, err error) {
	if s.WakeAt != nil { // it waited to be tried again
		s.Attempts, s.WakeAt = s.Attempts+1, nil
	}
	res = w.Steps.prepare(def, values)
	s.Input = encode(res.input)
	if res.do == nil {
		return false, res, nil
	}
	// A step that reaches outside is seen while it lasts.
	held, err := w.write(ctx, scope, r, s, map[string]any{})
	if err != nil || !held {
		return true, res, err
	}
	input := res.input
	doing, stop := w.keep(ctx, scope, r)
	res = res.do(doing, scope, r, s)
	res.input = input
	stopped := context.Cause(doing)
	stop()
	if res.err != nil && stopped != nil {
		// We were told to stop, or the lease was lost. That is no fault of the step: whoever comes next begins it again.
		return true, res, fmt.Errorf("stopped in step %s: %w", def.Name, stopped)
	}
	return false, res, nil
}

// errLost ends a step whose run is somebody else's by now.
var errLost = errors.New("the lease was lost")

// keep renews the lease of a run until stop is called. The context that it
// returns ends when the lease is lost.
func (w *Worker) keep(ctx context.Context, scope tenant.Scope, r *Run) (doing context.Context, stop func()) {
	doing, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(renew)
		defer tick.Stop()
		for {
			select {
			case <-doing.Done():
				return
			case <-tick.C:
			}
			held := true
			err := w.DB.In(doing, scope, func(tx *gorm.DB) (err error) {
				held, err = hold(tx, r, map[string]any{}, w.Now())
				return err
			})
			if err != nil && doing.Err() == nil {
				slog.WarnContext(ctx, "a lease was not renewed", "run", r.ID, "error", err)
			}
			if !held {
				cancel(errLost)
			}
		}
	}()
	return doing, func() { cancel(nil); <-done }
}

// problem words what was wrong with a step; nil = nothing.
func (w *Worker) problem(ctx context.Context, r *Run, def *workflow.Step, err error) *Problem {
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		slog.ErrorContext(ctx, "step failed", "run", r.ID, "step", def.Name, "error", err)
	}
	return &Problem{Code: f.Code, Message: strings.ReplaceAll(f.Message, "\x00", ""), Step: &def.Name} // jsonb has no zero character
}

// write puts a step down under the run's lease. held is false when the lease
// was lost meanwhile; then nothing is written.
func (w *Worker) write(ctx context.Context, scope tenant.Scope, r *Run, s *Step, set map[string]any) (held bool, err error) {
	var told []string
	err = w.DB.In(ctx, scope, func(tx *gorm.DB) error {
		held, err = hold(tx, r, set, w.Now())
		if err != nil || !held {
			return err
		}
		if err := put(tx, s); err != nil || set["status"] != Failed {
			return err
		}
		told, err = tellFailed(tx, scope, r, s.Error, w.Now())
		return err
	})
	if err == nil && !held {
		slog.InfoContext(ctx, "lease lost, outcome dropped", "run", r.ID, "step", s.Name)
	}
	if err == nil && len(told) > 0 {
		w.Webhooks.Nudge(ctx, scope, told)
	}
	return held, err
}

func encode(v any) *string {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		b, _ = json.Marshal(fmt.Sprint(v)) // an expression may make what JSON has no word for
	}
	text := string(b)
	return &text
}
