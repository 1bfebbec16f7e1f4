package run

import (
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
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

// span is the span of a step, in 16 hexadecimal digits: it follows from the run and
// the step's path. So whoever goes on with a run knows the spans of all.
func (s *Step) span() string { return spanOf(s.RunID + "/" + s.Path) }

// traceparent is what a step sends along with its requests, so that who gets them can go
// on with the trace (W3C Trace Context, 3.2).
func (r *Run) traceparent(s *Step) string {
	return "00-" + r.Trace() + "-" + s.span() + "-01"
}

// join has a run belong to the trace of the request that started it.
func (r *Run) join(header string) {
	if trace, span, ok := telemetry.Parent(header); ok {
		r.TraceID, r.SpanID = trace, span
	}
}
