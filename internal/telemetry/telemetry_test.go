package telemetry_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// A line carries the ids of its context, whatever was made of the logger; a
// context keeps to itself what was added to it.
func TestLogger(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, slog.LevelInfo).With("face", "rest")
	outer := telemetry.With(t.Context(), slog.String("request", "req_1"))
	inner := telemetry.With(outer, slog.String("run", "run_1"))
	_ = telemetry.With(outer, slog.String("run", "run_2"))
	log.InfoContext(inner, "inner")
	log.InfoContext(outer, "outer")
	log.InfoContext(t.Context(), "bare")
	log.DebugContext(inner, "too fine")
	var got []map[string]any
	for dec := json.NewDecoder(&out); dec.More(); {
		var line map[string]any
		if err := dec.Decode(&line); err != nil {
			t.Fatal(err)
		}
		delete(line, "time")
		delete(line, "level")
		got = append(got, line)
	}
	want := []map[string]any{
		{"msg": "inner", "face": "rest", "request": "req_1", "run": "run_1"},
		{"msg": "outer", "face": "rest", "request": "req_1"},
		{"msg": "bare", "face": "rest"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

// What is counted is shown in Prometheus' format, and two processes' worth of
// metrics live beside each other.
func TestMetrics(t *testing.T) {
	t.Parallel()
	m, other := telemetry.NewMetrics(), telemetry.NewMetrics()
	m.Deliveries.WithLabelValues("delivered").Add(3)
	show := func(m *telemetry.Metrics) string {
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
		return w.Body.String()
	}
	const line = `patchbay_delivery_attempts_total{outcome="delivered"} 3`
	if !strings.Contains(show(m), line) || strings.Contains(show(other), line) || !strings.Contains(show(other), "go_goroutines") {
		t.Fatal(show(m))
	}
}
