package request_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/request"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

func unlogged(t *testing.T, m *telemetry.Metrics) float64 {
	t.Helper()
	var out dto.Metric
	if err := prometheus.Metric(m.Unlogged).Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.GetCounter().GetValue()
}

// What was recorded is written when the log is closed, each row where it
// belongs; what is of nobody, or comes too late, is counted. Old rows go.
func TestLog(t *testing.T) {
	t.Parallel()
	d, clock := testkit.DB(t), testkit.NewClock()
	scope, other := testkit.Scope(t, d), testkit.Scope(t, d)
	s := &request.Service{DB: d, Box: testkit.Box(t), Metrics: telemetry.NewMetrics(), Keep: time.Hour, Now: clock.Now}
	row := request.Request{Method: "GET", Path: "/x", Status: 200, CreatedAt: clock.Now()}
	old := row
	old.CreatedAt = clock.Now().Add(-2 * time.Hour)
	bodies := &request.Bodies{Request: &request.Body{Text: "in"}, Response: &request.Body{Text: "out"}}
	for range 600 { // more than one batch
		s.Record(scope, row, nil)
	}
	s.Record(scope, old, nil)
	s.Record(other, row, bodies)
	s.Record(tenant.NewScope("proj_none", "env_none", "development"), row, nil)
	s.Close()
	s.Record(scope, row, nil)
	s.Close()
	if n := unlogged(t, s.Metrics); n != 2 {
		t.Errorf("%v are counted as missing, want 2", n)
	}
	count := func(sc tenant.Scope) int {
		p, err := s.List(t.Context(), sc, request.Filter{}, db.Cursor{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		return p.Total
	}
	if count(scope) != 601 || count(other) != 1 {
		t.Errorf("%d and %d rows", count(scope), count(other))
	}
	p, err := s.List(t.Context(), other, request.Filter{}, db.Cursor{})
	if err != nil || p.Items[0].Bodies != nil {
		t.Fatal(err, p)
	}
	_, kept, err := s.Get(t.Context(), other, p.Items[0].ID)
	if err != nil || kept.Request.Text != "in" || kept.Response.Text != "out" {
		t.Errorf("%+v, %v", kept, err)
	}
	if _, _, err := s.Get(t.Context(), scope, p.Items[0].ID); err == nil {
		t.Error("another tenant sees it")
	}
	for range 2 {
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if count(scope) != 600 || count(other) != 1 {
		t.Errorf("after the sweep: %d and %d rows", count(scope), count(other))
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	hide := func(s string) string { return strings.ReplaceAll(s, "s3cret", "[redacted]") }
	for name, tt := range map[string]struct{ kind, raw, text, omitted string }{
		"JSON":                {"application/json; charset=utf-8", `{"a":{"Password":"x","n":1},"key":["y"],"note":"s3cret"}`, `{"a":{"Password":"[redacted]","n":1},"key":"[redacted]","note":"[redacted]"}`, ""},
		"JSON of a kind":      {"application/problem+json", `[{"client_secret":{"v":1}}]`, `[{"client_secret":"[redacted]"}]`, ""},
		"half of JSON":        {"application/json", `{"token":"x`, "", "unreadable"},
		"a form":              {"application/x-www-form-urlencoded", "user=ada&refresh_token=x", "refresh_token=%5Bredacted%5D&user=ada", ""},
		"text":                {"text/plain", "it is s3cret", "it is [redacted]", ""},
		"an image":            {"image/png", "\x89PNG", "", "not_text"},
		"text that is none":   {"text/plain", "\xff\xfe", "", "not_text"},
		"nothing":             {"application/json", "", "", "empty"},
		"without a type":      {"", "x", "", "not_text"},
		"longer than is kept": {"text/plain", strings.Repeat("x", request.MaxBody+1), "", "too_long"},
	} {
		got := request.Redact(tt.kind, []byte(tt.raw), true, hide)
		if got.Text != tt.text || got.Omitted != tt.omitted {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := request.Redact("text/plain", bytes.Repeat([]byte("x"), 10), false, hide); got.Omitted != "too_long" {
		t.Errorf("the beginning of a body: %+v", got)
	}
}
