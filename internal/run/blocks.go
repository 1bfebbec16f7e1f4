package run

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const (
	mostItems = 10_000 // of a for_each
)

// chosen is the input of a choice: what it came to, which is worked out once.
type chosen struct {
	Branch string `json:"branch"` // then | else | cases[1] | default | "" = none
}

// choice does an if or a switch.
func (k *walk) choice(ctx context.Context, def *workflow.Step, s *Step, values workflow.Values) (end, error) {
	var c chosen
	if s.Input == nil {
		var err error
		if c.Branch, err = choose(def, values); err != nil {
			return k.finish(ctx, def, s, values, failed(unworked(err))), nil
		}
		s.Input = encode(c)
		k.note(s)
	} else if err := json.Unmarshal([]byte(*s.Input), &c); err != nil {
		return end{}, fmt.Errorf("decode input of %s: %w", s.Path, err)
	}
	e, err := k.list(ctx, listOf(def, c.Branch), s.Path+"/"+c.Branch+"/", within(values))
	if err != nil {
		return e, err
	}
	return k.close(ctx, def, s, values, e), nil
}

func choose(def *workflow.Step, values workflow.Values) (string, error) {
	if def.Type == workflow.If {
		yes, err := holds(def.If, values)
		if err != nil || yes {
			return "then", err
		}
		return "else", nil
	}
	for i := range def.Cases {
		if yes, err := holds(def.Cases[i].If, values); err != nil || yes {
			return fmt.Sprintf("cases[%d]", i), err
		}
	}
	return "default", nil
}

func listOf(def *workflow.Step, branch string) []workflow.Step {
	switch branch {
	case "then":
		return def.Then
	case "else":
		return def.Else
	case "default":
		return def.Default
	}
	var i int
	if _, err := fmt.Sscanf(branch, "cases[%d]", &i); err != nil || i >= len(def.Cases) {
		return nil
	}
	return def.Cases[i].Steps
}

// holds works a condition out.
func holds(text string, values workflow.Values) (bool, error) {
	v, err := values.Evaluate(text)
	if err != nil {
		return false, err //nolint:wrapcheck // says it all
	}
	yes, ok := v.(bool)
	if !ok {
		return false, fault.New(fault.Invalid, "condition_not_boolean", "The condition %s gave %T, not true or false.", text, v)
	}
	return yes, nil
}

// parallel does the branches whose condition holds, all at the same time.
func (k *walk) parallel(ctx context.Context, def *workflow.Step, s *Step, values workflow.Values) (end, error) {
	var going struct {
		Branches []string `json:"branches"`
	}
	if s.Input == nil {
		going.Branches = []string{}
		for i := range def.Branches {
			b := &def.Branches[i]
			yes := b.If == ""
			if !yes {
				var err error
				if yes, err = holds(b.If, values); err != nil {
					return k.finish(ctx, def, s, values, failed(unworked(err))), nil
				}
			}
			if yes {
				going.Branches = append(going.Branches, b.Name)
			}
		}
		s.Input = encode(going)
		k.note(s)
	} else if err := json.Unmarshal([]byte(*s.Input), &going); err != nil {
		return end{}, fmt.Errorf("decode input of %s: %w", s.Path, err)
	}
	branches := slices.DeleteFunc(slices.Clone(def.Branches), func(b workflow.Branch) bool { return !slices.Contains(going.Branches, b.Name) })
	ends, e, err := k.fork(ctx, len(branches), len(branches), false, func(ctx context.Context, i int) (end, error) {
		return k.list(ctx, branches[i].Steps, s.Path+"/"+branches[i].Name+"/", within(values))
	})
	if err != nil {
		return e, err
	}
	output := map[string]any{}
	for i := range ends {
		output[branches[i].Name] = ends[i].output
	}
	if e.way == through {
		e.output = output
	}
	return k.close(ctx, def, s, values, e), nil
}

// forEach does its steps for each item of a list.
func (k *walk) forEach(ctx context.Context, def *workflow.Step, s *Step, values workflow.Values) (end, error) {
	var given struct {
		Items []any `json:"items"`
	}
	if s.Input == nil {
		var err error
		if given.Items, err = items(def, values); err != nil {
			return k.finish(ctx, def, s, values, failed(unworked(err))), nil
		}
		given.Items, _ = k.r.env.hide(given.Items).([]any)
		s.Input = encode(given)
		k.note(s)
	} else if err := json.Unmarshal([]byte(*s.Input), &given); err != nil {
		return end{}, fmt.Errorf("decode input of %s: %w", s.Path, err)
	}
	isolated := def.OnItemError == workflow.OnErrorContinue
	ends, e, err := k.fork(ctx, len(given.Items), max(def.Concurrency, 1), isolated, func(ctx context.Context, i int) (end, error) {
		inner, at := within(values), fmt.Sprintf("%s[%d]/", s.Path, i)
		inner["item"], inner["index"] = given.Items[i], i
		inner["run"] = k.Steps.links(k.def, k.scope, k.r, at)
		return k.list(ctx, def.Steps, at, inner)
	})
	if err != nil {
		return e, err
	}
	if e.way == through {
		output := make([]any, len(ends))
		for i := range ends {
			output[i] = ends[i].output
			if isolated {
				output[i] = ends[i].asItem()
			}
		}
		e.output = output
	}
	return k.close(ctx, def, s, values, e), nil
}

// asItem is what is told of an item that may fail by itself.
func (e end) asItem() any {
	switch e.way {
	case broken:
		return map[string]any{"status": Failed, "error": map[string]any{"code": e.problem.Code, "message": e.problem.Message}}
	case ended:
		return map[string]any{"status": Ended, "output": e.output}
	default:
		return map[string]any{"status": Succeeded, "output": e.output}
	}
}

// items works out what a for_each goes over.
func items(def *workflow.Step, values workflow.Values) ([]any, error) {
	v, err := values.Evaluate(def.Items)
	if err != nil {
		return nil, err //nolint:wrapcheck // says it all
	}
	list, ok := readBack(v).([]any)
	switch {
	case v == nil:
		return []any{}, nil
	case !ok:
		return nil, fault.New(fault.Invalid, "items_not_list", "%s gave %T, not a list.", def.Items, v)
	case len(list) > mostItems:
		return nil, fault.New(fault.Invalid, "too_many_items", "There are %d items; a for_each takes up to %d.", len(list), mostItems)
	}
	return list, nil
}

// close notes what a block came to, once all that is in it has come to its end.
func (k *walk) close(ctx context.Context, def *workflow.Step, s *Step, values workflow.Values, e end) end {
	switch e.way {
	case waits, halted:
		return e
	case broken:
		k.cancelBelow(s.Path)
		return k.finish(ctx, def, s, values, result{status: Failed, err: e.problem})
	case over:
		k.cancelBelow(s.Path)
		res := result{status: Ended, output: e.output}
		if e.problem != nil {
			res.err = e.problem
		}
		k.finish(ctx, def, s, values, res)
		return e
	case ended:
		k.finish(ctx, def, s, values, result{status: Ended, output: e.output})
		return e
	default:
		return k.finish(ctx, def, s, values, result{status: Succeeded, output: e.output})
	}
}
