package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// walk is one worker's way over the tree of a run. Its branches go on in
// goroutines of their own, and share what is recorded.
type walk struct {
	*Worker
	ctx   context.Context // ends when the run is not this worker's any more
	lost  context.CancelCauseFunc
	scope tenant.Scope
	r     *Run
	def   *workflow.Definition

	mu     sync.Mutex
	rows   map[string]*Step // by path; whoever is at a step owns its row
	last   int              // the position of the step that was begun last
	unsaid []Step           // what the database is still to be told
	answer *Response        // that too
	keeps  sync.Once
	rests

	writing sync.Mutex // one write of a run at a time
}

// way is how a step, or a list of steps, came to its end.
type way int

const (
	through way = iota // the next one begins
	waits              // nothing more can be done at the moment
	halted             // another branch ended what both are in
	ended              // what it stands in is over, as a filter said: the item, the branch or the run
	over               // the run is over, as a step said
	broken             // it failed
)

// end is what a step, or a list of steps, came to.
type end struct {
	way
	output  any      // as later steps see it
	problem *Problem // broken; over: why it is canceled, nil = it has come to its end
}

// list does the steps of a list, one after the other. at is the path of what they
// are in, and values are theirs.
func (k *walk) list(ctx context.Context, steps []workflow.Step, at string, values workflow.Values) (end, error) {
	seen, _ := values["steps"].(map[string]any)
	var last any
	for i := 0; i < len(steps); i++ {
		def := &steps[i]
		e, err := k.step(ctx, def, at+def.Name, values)
		if err != nil {
			return e, err
		}
		if e.way == broken && def.GoesOn() {
			if to := def.FailsTo(steps); to >= 0 {
				seen[def.Name], i = e.output, to-1
				continue
			}
			e.way = through
		}
		if e.way != through {
			return e, nil
		}
		seen[def.Name], last = e.output, e.output
	}
	return end{output: last}, nil
}

// step does one step, unless it was done before.
func (k *walk) step(ctx context.Context, def *workflow.Step, path string, values workflow.Values) (end, error) {
	s := k.row(path)
	if s != nil && s.FinishedAt != nil && s.Status != Canceled {
		return k.recorded(ctx, def, s)
	}
	if k.ctx.Err() != nil {
		return end{}, k.stopped(def)
	}
	if ctx.Err() != nil {
		return end{way: halted}, nil //nolint:nilerr // it is another branch's doing
	}
	if s == nil || s.Status == Canceled {
		s = k.begin(def, path, s)
	}
	switch def.Type {
	case workflow.If, workflow.Switch:
		return k.choice(ctx, def, s, values)
	case workflow.Parallel:
		return k.parallel(ctx, def, s, values)
	case workflow.ForEach:
		return k.forEach(ctx, def, s, values)
	default:
		return k.leaf(ctx, def, s, values)
	}
}

func (k *walk) row(path string) *Step {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rows[path]
}

// begin makes the row of a step. One that was broken off begins anew.
func (k *walk) begin(def *workflow.Step, path string, before *Step) *Step {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last++
	s := &Step{RunID: k.r.ID, Path: path, Position: k.last, Name: def.Name, Type: def.Type, Status: Running, Attempts: 1, StartedAt: k.Now()}
	if before != nil {
		s.anew(before)
	}
	k.rows[path] = s
	return s
}

// outcome is what the end of a step means to those after it.
func outcome(def *workflow.Step, s *Step, output any) end {
	switch {
	case s.Status == Failed && def.OnError != workflow.OnErrorFallback:
		seen := map[string]any{"error": map[string]any{"code": s.Error.Code, "message": s.Error.Message}, "output": output}
		return end{way: broken, output: seen, problem: s.Error}
	case s.Status == Failed:
		return end{way: broken, output: output, problem: s.Error}
	case s.Status == Ended && def.Type == workflow.Filter:
		return end{way: ended, output: output}
	case s.Status == Ended:
		return end{way: over, output: output, problem: s.Error}
	default:
		return end{output: output}
	}
}

// finish notes what came of a step.
func (k *walk) finish(ctx context.Context, def *workflow.Step, s *Step, values workflow.Values, res result) end {
	now, env := k.Now(), &k.r.env
	keep := func(output any) {
		var err error
		if res.output = env.hide(output); res.written {
			s.Output = encode(res.output)
			return
		}
		s.Output, s.Stored, err = k.Steps.keep(ctx, k.scope, k.r, res.output)
		if err == nil {
			return
		}
		if res.output = nil; res.status != Failed || res.err == nil {
			res.status, res.err = Failed, err
		}
	}
	keep(res.output)
	if res.status == Failed && def.OnError == workflow.OnErrorFallback {
		instead, err := values.JSON(def.Fallback)
		if err != nil {
			res.err = unworked(err)
		}
		keep(readBack(instead))
	}
	res.response = env.hideResponse(res.response)
	s.Status, s.Error, s.WakeAt, s.Again, s.FinishedAt = res.status, env.hideProblem(k.problem(ctx, k.r, def, res.err)), nil, false, &now
	if s.Error == nil && s.Status == Failed {
		s.Error = &Problem{Code: "step_failed", Message: "The step failed.", Step: &def.Name}
	}
	k.note(s)
	k.answers(res.response)
	return outcome(def, s, res.output)
}

// answers remembers what the run's caller is answered, for the next write of the run.
func (k *walk) answers(with *Response) {
	if with != nil {
		k.mu.Lock()
		k.answer = with
		k.mu.Unlock()
	}
}

// stopped says why a step is not gone on with.
func (k *walk) stopped(def *workflow.Step) error {
	return fmt.Errorf("stopped in step %s: %w", def.Name, context.Cause(k.ctx))
}

// problem words what was wrong with a step; nil = nothing.
func (w *Worker) problem(ctx context.Context, r *Run, def *workflow.Step, err error) *Problem {
	if err == nil {
		return nil
	}
	if inner, ok := errors.AsType[*Problem](err); ok { // of a step within
		return inner
	}
	return w.word(ctx, r, def, fault.Of(err), err)
}

// within are the values of a list inside another one: what its steps bring stays
// in it.
func within(values workflow.Values) workflow.Values {
	inner := maps.Clone(values)
	seen, _ := values["steps"].(map[string]any)
	inner["steps"] = maps.Clone(seen)
	return inner
}
