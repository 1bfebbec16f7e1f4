package workflow

import (
	"errors"

	"gorm.io/gorm"
)

// mostCalled is how many workflows are looked at for a cycle.
const mostCalled = 200

// checkCycle refuses a definition that leads back to its workflow by steps that are
// done whatever happens. Calls below a condition may lead back: they may end, and
// their depth is bounded.
func checkCycle(tx *gorm.DB, workflowID string, d *Definition) error {
	seen, next := map[string]bool{}, called(d.Steps)
	for len(next) > 0 && len(seen) < mostCalled {
		id := next[0]
		next = next[1:]
		if id == workflowID {
			return ErrCycle
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		_, other, err := Runnable(tx, id)
		if errors.Is(err, ErrNotFound) {
			continue // it may be deployed later; calls of it fail until then
		}
		if err != nil {
			return err
		}
		next = append(next, called(other.Steps)...)
	}
	return nil
}

// called are the workflows that steps call without a condition. A filter is one for
// all that comes after it.
func called(steps []Step) (ids []string) {
	for i := range steps {
		s := &steps[i]
		switch s.Type {
		case CallWorkflow, EachUser:
			ids = append(ids, s.Workflow)
		case Parallel:
			for _, b := range s.Branches {
				if b.If == "" {
					ids = append(ids, called(b.Steps)...)
				}
			}
		case Filter, End:
			return ids
		}
	}
	return ids
}
