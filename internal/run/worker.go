package run

import (
	"context"
	"encoding/json"
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
	values, next, err := recall(scope, r, done)
	if err != nil {
		return err
	}
	for ; next < len(d.Steps); next++ {
		over, err := w.step(ctx, scope, r, &d.Steps[next], next, values, next == len(d.Steps)-1)
		if err != nil || over {
			return err
		}
	}
	return nil
}

// recall rebuilds what expressions see from the steps that were finished, and
// returns the position of the first that was not.
func recall(scope tenant.Scope, r *Run, done []Step) (workflow.Values, int, error) {
	var event any
	if err := json.Unmarshal([]byte(r.Input), &event); err != nil {
		return nil, 0, fmt.Errorf("decode input: %w", err)
	}
	user := map[string]any{"environment": scope.EnvironmentName(), "external_id": nil}
	if r.ExternalUserID != nil {
		user["external_id"] = *r.ExternalUserID
	}
	outputs := map[string]any{}
	next := 0
	for _, s := range done {
		if s.Status != Succeeded {
			break
		}
		var out any
		if s.Output != nil {
			if err := json.Unmarshal([]byte(*s.Output), &out); err != nil {
				return nil, 0, fmt.Errorf("decode output of %s: %w", s.Name, err)
			}
		}
		outputs[s.Name] = out
		next = s.Position + 1
	}
	return workflow.Values{"trigger": event, "user": user, "steps": outputs}, next, nil
}

// step does one step and writes down what came of it. It reports that the run
// is over, or that the lease was lost, in which case another worker goes on.
func (w *Worker) step(ctx context.Context, scope tenant.Scope, r *Run, def *workflow.Step, position int, values workflow.Values, last bool) (over bool, err error) {
	s := &Step{ID: id.New("step"), RunID: r.ID, Position: position, Name: def.Name, Type: def.Type, Status: Running, StartedAt: w.Now()}
	result := w.Steps.prepare(def, values)
	s.Input = encode(result.input)
	if result.call != nil {
		// A step that reaches outside is seen while it lasts.
		held, err := w.write(ctx, scope, r, s, map[string]any{})
		if err != nil || !held {
			return true, err
		}
		result = w.Steps.perform(ctx, scope, r, result)
		if result.err != nil && ctx.Err() != nil {
			// We were told to stop. That is no fault of the step: whoever comes next begins it again.
			return true, fmt.Errorf("stopped in step %s: %w", def.Name, ctx.Err())
		}
	}
	now := w.Now()
	s.FinishedAt, s.Status, s.Output = &now, result.status, encode(result.output)
	set := map[string]any{}
	if result.response != nil {
		set["response"] = *encode(result.response)
	}
	if result.err != nil {
		f := fault.Of(result.err)
		if f.Kind == fault.Internal {
			slog.ErrorContext(ctx, "step failed", "run", r.ID, "step", def.Name, "error", result.err)
		}
		s.Error = &Problem{Code: f.Code, Message: strings.ReplaceAll(f.Message, "\x00", ""), Step: &def.Name} // jsonb has no zero character
		problem, _ := json.Marshal(s.Error)                                                                   // three strings always marshal
		set["error"] = string(problem)
	}
	if last || result.status != Succeeded {
		over = true
		set["status"], set["finished_at"] = result.status, now
	}
	held, err := w.write(context.WithoutCancel(ctx), scope, r, s, set)
	if err != nil || !held {
		return true, err
	}
	if over {
		w.Metrics.Runs.WithLabelValues(string(result.status)).Inc()
	}
	values["steps"].(map[string]any)[def.Name] = result.output //nolint:forcetypeassert // recall made it
	return over, nil
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
