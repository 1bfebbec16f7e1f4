package run

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// atHand is how long the last wait of a run is at the most for which its worker
// waits itself. With a longer one the run is a row, and costs nothing while it lasts.
const atHand = 2 * time.Second

// delay lets a run wait.
func delay(def *workflow.Step, values workflow.Values, now time.Time) result {
	until, err := wake(def, values, now)
	if err != nil {
		return failed(err)
	}
	return result{status: Waiting, input: map[string]any{"until": until}, at: until}
}

// woke is what came of a step that waited, when its time has come.
func (x *Executor) woke(ctx context.Context, scope tenant.Scope, r *Run, def *workflow.Step, s *Step) result {
	if def.Type == workflow.Suspend {
		return x.waited(ctx, scope, def, r, s)
	}
	return result{status: Succeeded, output: map[string]any{"until": s.WakeAt.Format(time.RFC3339Nano)}}
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
