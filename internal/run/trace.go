package run

import (
	"github.com/patchbay-dev/patchbay/internal/id"
)

// Trace is the trace that a run belongs to, in 32 hexadecimal digits: the one
// that its event came with, its parent's, or one of its own, which is the run's
// own number.
func (r *Run) Trace() string {
	if r.TraceID != "" {
		return r.TraceID
	}
	return id.Hex(r.ID)
}
