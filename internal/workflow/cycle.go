package workflow

import (
	"errors"
	"regexp"
	"slices"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
)

// mostCalled is how many workflows are looked at for a cycle.
const mostCalled = 200

// checkCycle refuses a definition that leads back to its workflow by steps that are
// done whatever happens. Calls below a condition may lead back: they may end, and
// their depth is bounded.
func checkCycle(tx *gorm.DB, w *Workflow, d *Definition) error {
	seen, next := map[string]bool{}, called(d.Steps)
	for len(next) > 0 && len(seen) < mostCalled {
		at, err := Resolve(tx, next[0])
		if next = next[1:]; errors.Is(err, ErrNotFound) {
			continue // it may be made later; calls of it fail until then
		}
		if err != nil {
			return err
		}
		if at == w.ID {
			return ErrCycle
		}
		if seen[at] {
			continue
		}
		seen[at] = true
		_, other, err := Runnable(tx, at)
		if errors.Is(err, ErrNotFound) {
			continue // likewise
		}
		if err != nil {
			return err
		}
		next = append(next, called(other.Steps)...)
	}
	return nil
}

// Resolve returns the id of a workflow that is named by its id or its key.
func Resolve(tx *gorm.DB, name string) (string, error) {
	if isID.MatchString(name) {
		return name, nil
	}
	w, err := db.One[Workflow](tx.Select("id").Where("key = ?", name), ErrNotFound)
	if err != nil {
		return "", err
	}
	return w.ID, nil
}

var isID = regexp.MustCompile(`^p_[0-9a-z]{26}$`)

// Calls are the workflows that the definition names, by id or by key: those that
// its steps run, and the one that is told of failures.
func (d *Definition) Calls() (names []string) {
	if d.Settings != nil && d.Settings.ErrorWorkflow != "" && d.Settings.ErrorWorkflow != NoErrorWorkflow {
		names = append(names, d.Settings.ErrorWorkflow)
	}
	d.Each(func(s *Step) {
		if s.Workflow != "" && !slices.Contains(names, s.Workflow) {
			names = append(names, s.Workflow)
		}
	})
	return names
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
