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
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Worker advances runs.
type Worker struct {
	DB       *db.DB
	Box      *secret.Box // opens the variables
	Steps    *Executor
	Runs     *Service // lets in who is next
	Webhooks *webhook.Service
	Metrics  *telemetry.Metrics
	Redis    *redis.Client // nil = none
	Now      func() time.Time

	gathers
	under under
}

// errLost ends a step whose run is somebody else's by now.
var errLost = errors.New("the lease was lost")

// Advance does what is left of a run. Called twice, or by two workers at once,
// it does the work once: the second finds no lease to take. A step that a dead
// worker had begun is begun again.
func (w *Worker) Advance(ctx context.Context, scope tenant.Scope, runID string) error {
	for {
		c, err := w.claim(ctx, scope, runID)
		if err != nil || c == nil {
			return err
		}
		signaled, err := w.walk(ctx, scope, c)
		if err != nil || !signaled {
			return err
		}
	}
}

// walk goes over the tree of a claimed run and writes down how it is left. It
// reports that the run was told something meanwhile and is due again.
func (w *Worker) walk(ctx context.Context, scope tenant.Scope, c *claimed) (signaled bool, err error) {
	going, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	defer w.under.add(c.run.ID, lost)()
	k := &walk{
		Worker: w, ctx: going, lost: lost, scope: scope, r: c.run, def: c.def, rows: c.rows, last: c.last,
		rests: rests{busy: 1, asleep: map[*Step]struct{}{}, parking: make(chan struct{})},
	}
	values, err := given(scope, c.run)
	if err != nil {
		return false, err
	}
	w.Steps.offer(going, c, scope, values)
	e, err := k.list(going, c.def.Steps, "", values)
	if p, ok := errors.AsType[*Problem](err); ok {
		e, err = end{way: broken, problem: p}, nil
	}
	if err != nil {
		return false, k.abandon(ctx, err)
	}
	left := &standing{}
	switch e.way {
	case waits:
		left.status, left.wake = Waiting, w.Now().Add(forever)
		if k.wake != nil {
			left.wake = *k.wake
		}
		return k.park(ctx, left)
	case broken:
		left.status, left.problem = Failed, e.problem
	case ended, over:
		left.status = Ended
		if e.way == over && e.problem != nil {
			left.status, left.problem = Canceled, e.problem
		}
	default:
		left.status = Succeeded
	}
	k.cancelBelow("")
	if err := k.flush(ctx, left); err != nil {
		return false, lostIsFine(err)
	}
	w.Metrics.Runs.WithLabelValues(string(left.status)).Inc()
	k.traced(ctx, left, w.Now())
	if c.run.Placed { // a sweep does it otherwise
		if err := w.Runs.Admit(context.WithoutCancel(ctx), scope, c.run.WorkflowID); err != nil {
			slog.WarnContext(ctx, "nobody was let in", "workflow", c.run.WorkflowID, "error", err)
		}
	}
	return false, nil
}

// park leaves a run to itself: it is nobody's until its time has come.
func (k *walk) park(ctx context.Context, left *standing) (signaled bool, err error) {
	before := k.r.Signals
	if err := k.flush(ctx, left); err != nil {
		return false, lostIsFine(err)
	}
	return k.r.Signals != before, nil
}

// abandon gives a run back that this worker does not go on with, so that another
// one does at once.
func (k *walk) abandon(ctx context.Context, why error) error {
	if errors.Is(why, errLost) || ctx.Err() == nil {
		return lostIsFine(why)
	}
	if err := k.flush(ctx, &standing{status: Running, wake: k.Now()}); err != nil {
		return errors.Join(why, lostIsFine(err))
	}
	return why
}

// lostIsFine is an error, unless it says that another worker goes on.
func lostIsFine(err error) error {
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}

// given is what expressions see of a run besides its steps.
func given(scope tenant.Scope, r *Run) (workflow.Values, error) {
	var event any
	if err := json.Unmarshal([]byte(r.Input), &event); err != nil {
		return nil, fmt.Errorf("decode input: %w", err)
	}
	own := r.owned()
	user := map[string]any{"environment": scope.EnvironmentName(), "external_id": nil, "config": own["config"]}
	if r.ExternalUserID != nil {
		user["external_id"] = *r.ExternalUserID
	}
	return workflow.Values{"trigger": event, "user": user, "instance": own, "steps": map[string]any{}, "env": r.env.values}, nil
}

// word is the problem that a fault is.
func (w *Worker) word(ctx context.Context, r *Run, def *workflow.Step, f *fault.Error, err error) *Problem {
	if f.Kind == fault.Internal {
		slog.ErrorContext(ctx, "step failed", "run", r.ID, "step", def.Name, "error", err)
	}
	return &Problem{Code: f.Code, Message: strings.ReplaceAll(f.Message, "\x00", ""), Step: &def.Name} // jsonb has no zero character
}

// write puts down what a worker has to say of a run, under its lease, with what
// others have to say of theirs. held is false when the lease was lost meanwhile; then
// nothing is written.
func (w *Worker) write(ctx context.Context, x *write) (held bool, err error) {
	if x.quiet() {
		res, err := w.writes().Ask(ctx, x)
		if err != nil || res.err != nil {
			return false, errors.Join(err, res.err)
		}
		return res.held, nil
	}
	var told []string
	err = w.DB.In(ctx, x.scope, func(tx *gorm.DB) error {
		if err := lock(tx, x.r.ID); err != nil {
			return err
		}
		said := *x
		if x.standing != nil && x.standing.status == Failed {
			said.standing = nil // it is judged by what is written down
		}
		ours := map[string]bool{}
		if err := writeAll(ctx, scoped(tx), []*write{&said}, ours); err != nil || !ours[x.r.ID] {
			return err
		}
		held = true
		told, err = w.ends(tx, x)
		return err
	})
	if err == nil && len(told) > 0 {
		w.Webhooks.Nudge(ctx, x.scope, told)
	}
	if err == nil && x.parent != "" {
		w.Steps.Runs.Nudge(ctx, x.scope, x.parent)
	}
	if err == nil && x.handler != nil {
		w.Runs.nudge(ctx, x.scope, x.handler)
	}
	if err == nil {
		w.Runs.stop(ctx, x.scope, x.below)
	}
	return held, err
}

// quiet reports whether a write means nothing to others: for those that do, ends has
// a transaction of its own.
func (x *write) quiet() bool {
	if x.standing == nil {
		return true
	}
	switch x.standing.status {
	case Waiting, Running:
		return true
	case Failed, Canceled:
		return false
	default:
		return x.r.ParentID == nil
	}
}

// ends does what a run's end means to others, in the transaction in which it ends.
// It returns the endpoints that hear of it.
func (w *Worker) ends(tx *gorm.DB, x *write) (told []string, err error) {
	if x.standing == nil {
		return nil, nil
	}
	if x.standing.status == Failed {
		v, err := w.Runs.judge(tx, x.scope, x.r, x.def, x.standing.problem, x.now)
		if err == nil {
			err = v.write(tx, x.r)
		}
		if err == nil {
			err = w.Runs.pauseAfter(tx, x, v)
		}
		if err != nil {
			return nil, err
		}
		x.standing.status, x.handler, told = v.status, v.handler, v.told
	}
	if x.standing.status == Canceled { // as by the API, and with it what it called
		if x.below, err = cancelCalled(tx, x.r.ID, x.now); err != nil {
			return nil, err
		}
	}
	if x.r.ParentID != nil && x.standing.status != Retrying { // else it is not over
		x.parent, err = tellParent(tx, x.r.ID, x.now)
	}
	return told, err
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
