package telemetry_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// Traces are sent where the standard's variables say, and nowhere without them.
func TestTraces(t *testing.T) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"} {
		t.Setenv(name, "")
	}
	off, err := telemetry.OpenTraces(t.Context(), os.Getenv)
	if err != nil || off != nil {
		t.Fatal("there are traces that nobody asked for", err)
	}
	off.Record(t.Context(), telemetry.Span{})
	if err := off.Close(t.Context()); err != nil {
		t.Error(err)
	}
	got := make(chan string, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.URL.Path + " " + string(body)
		w.WriteHeader(http.StatusOK)
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_SERVICE_NAME", "ours")
	on, err := telemetry.OpenTraces(t.Context(), os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	on.Record(t.Context(),
		telemetry.Span{Trace: "4bf92f3577b34da6a3ce929d0e0e4736", ID: "00f067aa0ba902b7", Name: "the run", Begin: at, End: at.Add(time.Second)},
		telemetry.Span{Trace: "no trace", ID: "00f067aa0ba902b8", Name: "no span", Begin: at, End: at})
	if err := on.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if sent := <-got; !strings.HasPrefix(sent, "/v1/traces ") || !strings.Contains(sent, "the run") || !strings.Contains(sent, "ours") || strings.Contains(sent, "no span") {
		t.Errorf("sent was %q", sent)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	if _, err := telemetry.OpenTraces(t.Context(), os.Getenv); err == nil {
		t.Error("a protocol that is not spoken is taken")
	}
}
