package run

import (
	"regexp"
	"strings"

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

// span is the span of a step, in 16 hexadecimal digits: it follows from the run and
// the step's path. So whoever goes on with a run knows the spans of all.
func (s *Step) span() string { return spanOf(s.RunID + "/" + s.Path) }

// traceparent is what a step sends along with its requests, so that who gets them can go
// on with the trace (W3C Trace Context, 3.2).
func (r *Run) traceparent(s *Step) string {
	return "00-" + r.Trace() + "-" + s.span() + "-01"
}

var parentForm = regexp.MustCompile("^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$")

// join has a run belong to the trace of the request that started it. What is none
// is left out of account, as the standard wants it.
func (r *Run) join(header string) {
	m := parentForm.FindStringSubmatch(header)
	if m == nil || strings.HasPrefix(header, "ff") || strings.HasPrefix(header, "00") && m[3] != "" ||
		strings.Trim(m[1], "0") == "" || strings.Trim(m[2], "0") == "" {
		return
	}
	r.TraceID, r.SpanID = m[1], m[2]
}
