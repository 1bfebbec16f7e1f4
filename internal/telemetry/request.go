package telemetry

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Request is one that was answered, for its measurement and its trace.
type Request struct {
	Face   string
	Method string // as it was sent
	Route  string // with holes for ids; "" = the face has no routes
	Status int
	Parent string // the traceparent that came with it
	ID     string // of the request, as the caller was told
	Began  time.Time
	Took   time.Duration
}

// Answered counts a request, and sends its span where traces are asked for. A span
// holds no path and no query: either may hold a secret.
func (m *Metrics) Answered(ctx context.Context, r *Request) {
	known := method(r.Method)
	m.Requests.WithLabelValues(r.Face, known, class(r.Status)).Observe(r.Took.Seconds())
	if m.Traces == nil {
		return
	}
	own := make([]byte, 24)
	_, _ = rand.Read(own)
	s := Span{
		Trace: hex.EncodeToString(own[:16]), ID: hex.EncodeToString(own[16:]), Name: strings.TrimSpace(known + " " + r.Route), Begin: r.Began, End: r.Began.Add(r.Took),
		Notes: map[string]string{"patchbay.face": r.Face, "http.request.method": known, "http.route": r.Route, "http.response.status_code": strconv.Itoa(r.Status), "patchbay.request_id": r.ID},
	}
	if trace, parent, ok := Parent(r.Parent); ok {
		s.Trace, s.Parent, s.Caller = trace, parent, true
	}
	if r.Status >= http.StatusInternalServerError {
		s.Failed = http.StatusText(r.Status)
	}
	m.Traces.Record(ctx, s)
}

var parentForm = regexp.MustCompile("^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$")

// Parent reads a traceparent (W3C Trace Context, 3.2). What is none is left out of
// account, as the standard wants it.
func Parent(header string) (trace, span string, ok bool) {
	m := parentForm.FindStringSubmatch(header)
	if m == nil || strings.HasPrefix(header, "ff") || strings.HasPrefix(header, "00") && m[3] != "" ||
		strings.Trim(m[1], "0") == "" || strings.Trim(m[2], "0") == "" {
		return "", "", false
	}
	return m[1], m[2], true
}

// class is the hundred that a status is of, as a label.
func class(status int) string {
	if c := status / 100; c < len(classes) {
		return classes[c]
	}
	return classes[0]
}

var classes = [...]string{"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"}

// method keeps the label's values few: a caller may send any word.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions:
		return m
	default:
		return "other"
	}
}
