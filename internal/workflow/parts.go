package workflow

import (
	"encoding/json"
	"fmt"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// ErrNoStep is returned for a step that a definition does not have.
var ErrNoStep = fault.New(fault.Invalid, "step_not_found", "The workflow has no step of that name.")

// Block reports whether other steps stand within the step.
func (s *Step) Block() bool {
	for _, list := range s.Lists() {
		if len(list.Steps) > 0 {
			return true
		}
	}
	return false
}

// Within returns, by its name, each step behind the blocks that it stands in, the
// outermost first.
func (d *Definition) Within() map[string][]*Step {
	out := map[string][]*Step{}
	within(d.Steps, nil, out)
	return out
}

func within(steps []Step, around []*Step, out map[string][]*Step) {
	for i := range steps {
		s := &steps[i]
		at := append(append(make([]*Step, 0, len(around)+1), around...), s)
		out[s.Name] = at
		for _, list := range s.Lists() {
			within(list.Steps, at, out)
		}
	}
}

// Tolerated reports whether a run goes on when a step fails, of which and of whose
// blocks the list is.
func Tolerated(at []*Step) bool {
	for i, s := range at {
		if s.OnError != "" && s.OnError != OnErrorFail {
			return true
		}
		if i < len(at)-1 && s.OnItemError == OnErrorContinue {
			return true
		}
	}
	return false
}

// Order returns the place of each step in the order in which they are written.
func (d *Definition) Order() map[string]int {
	out := map[string]int{}
	d.Each(func(s *Step) { out[s.Name] = len(out) })
	return out
}

// UpTo returns the definition without what comes after a step: in the list that it
// stands in, and in those around it.
func (d *Definition) UpTo(name string) (*Definition, error) {
	src, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode definition: %w", err)
	}
	var out Definition
	if err := json.Unmarshal(src, &out); err != nil {
		return nil, fmt.Errorf("decode definition: %w", err)
	}
	if !cut(&out.Steps, name) {
		return nil, ErrNoStep
	}
	return &out, nil
}

// cut ends the list behind the step, or behind the block that has it.
func cut(steps *[]Step, name string) bool {
	for i := range *steps {
		s := &(*steps)[i]
		found := s.Name == name || cut(&s.Then, name) || cut(&s.Else, name) || cut(&s.Default, name) || cut(&s.Steps, name)
		for c := range s.Cases {
			found = found || cut(&s.Cases[c].Steps, name)
		}
		for b := range s.Branches {
			found = found || cut(&s.Branches[b].Steps, name)
		}
		if found {
			*steps = (*steps)[:i+1]
			return true
		}
	}
	return false
}
