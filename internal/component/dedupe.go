package component

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// Dedupe is how events that were emitted before are known by their ids.
type Dedupe string

// The kinds of dedupe.
const (
	Unique   Dedupe = "unique"   // emitted are those whose id is none of the last Memory ids
	Greatest Dedupe = "greatest" // emitted are those whose id, a number, is greater than any before
	Last     Dedupe = "last"     // emitted are those after the one that was emitted last; all, if it is not among them
)

// Seen is what is remembered of emitted events.
type Seen struct {
	IDs  []string `json:"ids,omitempty"` // of unique: oldest first
	Most *float64 `json:"most,omitempty"`
	Last string   `json:"last,omitempty"`
}

// Fresh returns the indices of those ids that were not emitted before, in their
// order, and remembers them. ids are those of one execution, oldest first. An
// empty id is always fresh. memory is how many ids unique remembers.
func (s *Seen) Fresh(how Dedupe, ids []string, memory int) ([]int, error) {
	var fresh []int
	switch how {
	case Greatest:
		for i, id := range ids {
			n, err := number(id)
			if err != nil {
				return nil, err
			}
			if s.Most == nil || n > *s.Most {
				s.Most, fresh = &n, append(fresh, i)
			}
		}
	case Last:
		at := -1
		if s.Last != "" {
			at = slices.Index(ids, s.Last)
		}
		for i := at + 1; i < len(ids); i++ {
			fresh = append(fresh, i)
			s.Last = ids[i]
		}
	default:
		known := make(map[string]bool, len(s.IDs))
		for _, id := range s.IDs {
			known[id] = true
		}
		for i, id := range ids {
			if id != "" && known[id] {
				continue
			}
			fresh = append(fresh, i)
			if id == "" {
				continue
			}
			known[id], s.IDs = true, append(s.IDs, id)
			if len(s.IDs) > memory {
				delete(known, s.IDs[0])
				s.IDs = s.IDs[1:]
			}
		}
	}
	return fresh, nil
}

// Has returns what tells whether an id was emitted before.
func (s *Seen) Has(how Dedupe) func(id string) bool {
	switch how {
	case Greatest:
		return func(id string) bool {
			n, err := number(id)
			return err == nil && s.Most != nil && n <= *s.Most
		}
	case Last:
		return func(id string) bool { return id != "" && id == s.Last }
	default:
		var known map[string]bool
		return func(id string) bool {
			if known == nil {
				known = make(map[string]bool, len(s.IDs))
				for _, id := range s.IDs {
					known[id] = true
				}
			}
			return known[id]
		}
	}
}

func number(id string) (float64, error) {
	n, err := strconv.ParseFloat(id, 64)
	if err != nil {
		return 0, fmt.Errorf("the id %s is no number, which dedupe greatest needs", expression.AsText(id))
	}
	return n, nil
}
