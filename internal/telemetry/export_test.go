package telemetry_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// A collector is sent spans, metrics and log lines; the lines go where they went
// before, too, and so does everything once it is over.
func TestExport(t *testing.T) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER", "OTEL_METRIC_EXPORT_INTERVAL"} {
		t.Setenv(name, "")
	}
	var out bytes.Buffer
	was := slog.Default()
	t.Cleanup(func() { slog.SetDefault(was) })
	ours := telemetry.NewLogger(&out, slog.LevelInfo)
	slog.SetDefault(ours)
	m := telemetry.NewMetrics()

	off, err := telemetry.OpenExport(t.Context(), os.Getenv, m)
	if err != nil || off.Traces != nil || slog.Default() != ours {
		t.Fatal("something is sent that nobody asked for", err)
	}
	if err := off.Close(t.Context()); err != nil {
		t.Error(err)
	}

	var mu sync.Mutex
	got := map[string]string{}
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path] += string(body)
		w.WriteHeader(http.StatusOK)
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	on, err := telemetry.OpenExport(t.Context(), os.Getenv, m)
	if err != nil {
		t.Fatal(err)
	}
	m.Traces = on.Traces
	m.Refreshes.WithLabelValues("ok").Add(3)
	ctx := telemetry.With(t.Context(), slog.String("request_id", "req_7"))
	m.Answered(ctx, &telemetry.Request{
		Face: "rest", Method: "BREW", Route: "/v1/x/:id", Status: 503, ID: "req_7", Began: time.Now(), Took: time.Second,
		Parent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	})
	slog.InfoContext(ctx, "a line of the log")
	slog.DebugContext(ctx, "too fine")
	if err := on.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	slog.InfoContext(t.Context(), "afterwards")

	for path, want := range map[string][]string{
		"/v1/traces":  {"other /v1/x/:id", "req_7", "\x4b\xf9\x2f\x35", "Service Unavailable", "503"},
		"/v1/metrics": {"patchbay_refreshes_total", "patchbay_http_request_seconds"},
		"/v1/logs":    {"a line of the log", "req_7"},
	} {
		for _, part := range want {
			if !strings.Contains(got[path], part) {
				t.Errorf("%q is not among what %s was sent: %q", part, path, got[path])
			}
		}
	}
	if strings.Contains(got["/v1/logs"], "too fine") || strings.Contains(got["/v1/logs"], "afterwards") {
		t.Error("more was sent than was logged")
	}
	if s := out.String(); !strings.Contains(s, "a line of the log") || !strings.Contains(s, "afterwards") || strings.Contains(s, "too fine") {
		t.Errorf("the log says %s", s)
	}
}

// Each of the three can be left out, and a protocol that is not spoken is refused.
func TestExportRefuses(t *testing.T) {
	was := slog.Default()
	getenv := func(with map[string]string) func(string) string {
		return func(name string) string { return with[name] }
	}
	all := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
	e, err := telemetry.OpenExport(t.Context(), getenv(all), telemetry.NewMetrics())
	if err != nil || e.Traces != nil || slog.Default() != was {
		t.Error("something is sent that was left out", err)
	}
	delete(all, "OTEL_METRICS_EXPORTER")
	all["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"] = "grpc"
	if _, err := telemetry.OpenExport(t.Context(), getenv(all), telemetry.NewMetrics()); err == nil || !strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL") {
		t.Error(err)
	}
}

// The newest failure is known, with what it was about, and lines are counted.
func TestLastError(t *testing.T) {
	log := telemetry.NewLogger(io.Discard, slog.LevelInfo)
	log.Error("it broke", "account", "apn_1", "error", io.ErrUnexpectedEOF)
	log.Warn("it may break")
	if e := telemetry.LastError(); e == nil || e.Says != "it broke: unexpected EOF" || e.At.IsZero() {
		t.Errorf("%+v", e)
	}
	w := httptest.NewRecorder()
	telemetry.NewMetrics().Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(w.Body.String(), `patchbay_log_lines_total{level="error"}`) || !strings.Contains(w.Body.String(), `patchbay_log_lines_total{level="warn"}`) {
		t.Error(w.Body)
	}
}

// What is no traceparent is none.
func TestParent(t *testing.T) {
	t.Parallel()
	const good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	for header, want := range map[string]bool{
		good: true, "cc" + good[2:] + "-more": true, good + "-more": false, "ff" + good[2:]: false, "": false, strings.ToUpper(good): false,
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01": false, "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01": false,
	} {
		if _, _, ok := telemetry.Parent(header); ok != want {
			t.Errorf("%q: %v", header, ok)
		}
	}
}
