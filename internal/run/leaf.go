package run

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// leaf does a step that has none within it.
func (k *walk) leaf(ctx context.Context, def *workflow.Step, s *Step, values workflow.Values) (end, error) {
	looked := def.Type != workflow.EachUser // each walk looks after its runs once
	for {
		var res result
		switch {
		case s.waitsByCode():
			var e end
			var err error
			if res, e, err = k.putOff(ctx, def, s); err != nil || e.way != through {
				return e, err
			}
			if res.status == Running {
				continue
			}
		case s.Status == Waiting && !looked:
			looked, res = true, k.Steps.lookAgain(k.ctx, k.scope, k.r, def, s, values)
			if k.ctx.Err() != nil {
				return end{}, k.stopped(def)
			}
		case s.Status == Waiting:
			e, err := k.rest(ctx, def, s)
			if err != nil || e.way != through {
				return e, err
			}
			if s.Again {
				s.Status, s.Attempts, s.WakeAt, s.Again = Running, s.Attempts+1, nil, false
				continue
			}
			if def.Type == workflow.EachUser {
				looked = false
				continue
			}
			res = k.Steps.woke(k.ctx, k.scope, k.r, def, s)
		default:
			var err error
			looked = true
			if res, err = k.attempt(ctx, def, s, values); err != nil {
				return end{}, err
			}
		}
		if wait, again := retry(def, s, res); again {
			res.at, s.Again = k.Now().Add(wait), true
			s.Error, s.Output, res.status = k.r.env.hideProblem(k.problem(ctx, k.r, def, res.err)), k.meanwhile(res.output), Waiting
		}
		if res.status != Waiting {
			return k.finish(ctx, def, s, values, res), k.settled(ctx, res)
		}
		if res.output != nil {
			s.Output = encode(res.output)
		}
		k.answers(k.r.env.hideResponse(res.response))
		s.Status, s.WakeAt = Waiting, nil
		if !res.at.IsZero() {
			s.WakeAt = &res.at
		}
		k.note(s)
	}
}

// settled has an outcome written down that would otherwise wait for other branches.
func (k *walk) settled(ctx context.Context, res result) error {
	if res.reached && k.alone() {
		return nil // it is written with what comes next
	}
	if res.reached {
		return k.flush(ctx, nil)
	}
	return nil
}

// attempt prepares a step and does it.
func (k *walk) attempt(ctx context.Context, def *workflow.Step, s *Step, values workflow.Values) (result, error) {
	res := k.Steps.prepare(def, values, k.Now())
	s.Input, s.Pause = encode(k.r.env.hide(res.input)), ""
	if res.do == nil {
		return res, nil
	}
	// A step that reaches outside is seen while it lasts, and known if its worker dies.
	k.note(s)
	if err := k.flush(ctx, nil); err != nil {
		return result{}, err
	}
	k.keep()
	doing, cancel := k.ctx, context.CancelFunc(func() {})
	if def.Timeout > 0 && def.Type != workflow.Code { // code has its own
		doing, cancel = context.WithTimeoutCause(k.ctx, time.Duration(def.Timeout)*time.Second, errLate)
	}
	defer cancel()
	input, do := res.input, res.do
	res = do(doing, k.scope, k.r, s)
	res.input, res.reached = input, true
	switch {
	case res.err == nil:
	case k.ctx.Err() != nil:
		// We were told to stop, or the lease was lost. That is no fault of the step: whoever comes next begins it again.
		return result{}, k.stopped(def)
	case errors.Is(res.err, db.ErrAway), errors.Is(res.err, errLost):
		return result{}, res.err // nor is this
	case errors.Is(context.Cause(doing), errLate):
		res = result{input: input, reached: true, status: Failed, class: workflow.TimedOut, err: fault.New(fault.Unavailable, workflow.TimedOut, "The step took longer than its %d seconds.", def.Timeout)}
	}
	return res, nil
}

// errLate ends a step that takes longer than it may.
var errLate = errors.New("the step took too long")

// retry reports whether a step is tried again, and after which time.
func retry(def *workflow.Step, s *Step, res result) (wait time.Duration, again bool) {
	if def.Retry == nil || res.status != Failed || s.Attempts >= def.Retry.Attempts || !def.Retry.After(cmp.Or(res.class, workflow.OnOther)) {
		return 0, false
	}
	return def.Retry.Wait(s.Attempts), true
}
