package operation

import (
	"context"

	"github.com/patchbay-dev/patchbay/internal/component"
)

// Result is what an action came to.
type Result struct {
	Value   any
	Summary string
	Exports map[string]any // what its code exported, $summary among it
}

// Run carries an action out.
func (j *Job) Run(ctx context.Context) (*Result, error) {
	if j.By != nil {
		return j.By.Run(ctx, j) //nolint:wrapcheck // an Error, or a fault
	}
	o, known := j.Component.Operation, j.known()
	if o.Request != nil {
		v, all, err := j.one(ctx, o.Request, known)
		if err != nil {
			return nil, err
		}
		return j.outcome(v, all)
	}
	steps := map[string]any{}
	known["steps"] = steps
	var last any
	all := known
	for i := range o.Steps {
		s := &o.Steps[i]
		wanted, err := holds(s.If, known)
		if err != nil {
			return nil, err
		}
		if !wanted {
			continue
		}
		var v any
		if s.Each == "" {
			v, all, err = j.one(ctx, s.Request, known)
		} else if v, err = j.forEach(ctx, s, known); err == nil {
			all = with(known, map[string]any{"items": v})
		}
		if err != nil {
			return nil, err
		}
		if v, err = value(s.Result, all, v); err != nil {
			return nil, err
		}
		steps[s.ID], last = v, v
	}
	return j.outcome(last, all)
}

func (j *Job) forEach(ctx context.Context, s *component.Step, known map[string]any) (any, error) {
	of, err := list(s.Each, known)
	if err != nil {
		return nil, err
	}
	return j.each(ctx, s.Request, of, known)
}

// each makes a request for each item, one after another, and returns what each
// came to.
func (j *Job) each(ctx context.Context, r *component.Request, items []any, known map[string]any) ([]any, error) {
	out := make([]any, 0, len(items))
	for i, item := range items {
		v, _, err := j.one(ctx, r, with(known, map[string]any{"item": item, "index": i}))
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (j *Job) outcome(v any, known map[string]any) (*Result, error) {
	o := j.Component.Operation
	v, err := value(o.Result, known, v)
	if err != nil {
		return nil, err
	}
	out := &Result{Value: v}
	if o.Summary != "" { // words alone: what was done is done, whether they can be found or not
		if said, err := language.Text(o.Summary, with(known, map[string]any{"item": v})); err == nil {
			out.Summary = clip(said)
		}
	}
	return out, nil
}
