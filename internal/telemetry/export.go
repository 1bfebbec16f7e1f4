package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	bridge "go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

// ours is the name under which a collector knows what is from this program.
const ours = "github.com/patchbay-dev/patchbay"

// Export sends traces, metrics and log lines to a collector (OTLP by HTTP). What
// nobody asked for is not sent, and costs nothing.
type Export struct {
	Traces *Traces // nil = nobody asked for them
	ends   []func(context.Context) error
}

// OpenExport begins what the standard's variables ask for: OTEL_EXPORTER_OTLP_ENDPOINT
// and those beside it, for each of the three OTEL_…_EXPORTER=none leaves out. The
// metrics are those of /metrics. Log lines go on to where they went, too.
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
func OpenExport(ctx context.Context, getenv func(string) string, m *Metrics) (*Export, error) {
	e, before := &Export{}, slog.Default()
	if getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" {
		// What the exporters complain of is a line of our log, and is not sent: that would make the next complaint.
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { before.Warn("nothing can be sent to the collector", "error", err) })) //nolint:sloglint // it has no context
	}
	var err error
	if e.Traces, err = OpenTraces(ctx, getenv); err != nil {
		return nil, err
	}
	e.ends = append(e.ends, e.Traces.Close)
	if err = errors.Join(e.sendMetrics(ctx, getenv, m), e.sendLogs(ctx, getenv, before)); err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	return e, nil
}

func (e *Export) sendMetrics(ctx context.Context, getenv func(string) string, m *Metrics) error {
	ok, about, err := signal(getenv, "METRICS")
	if !ok {
		return err
	}
	exporter, err := otlpmetrichttp.New(ctx)
	if err != nil {
		return fmt.Errorf("open metrics: %w", err)
	}
	from := bridge.NewMetricProducer(bridge.WithGatherer(m.registry))
	p := metric.NewMeterProvider(metric.WithResource(about), metric.WithReader(metric.NewPeriodicReader(exporter, metric.WithProducer(from))))
	e.ends = append(e.ends, p.Shutdown)
	return nil
}

func (e *Export) sendLogs(ctx context.Context, getenv func(string) string, before *slog.Logger) error {
	ok, about, err := signal(getenv, "LOGS")
	if !ok {
		return err
	}
	exporter, err := otlploghttp.New(ctx)
	if err != nil {
		return fmt.Errorf("open logs: %w", err)
	}
	p := sdklog.NewLoggerProvider(sdklog.WithResource(about), sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))
	sent := otelslog.NewHandler(ours, otelslog.WithLoggerProvider(p))
	slog.SetDefault(slog.New(both{before.Handler(), handler{Handler: sent}}))
	e.ends = append(e.ends, func(ctx context.Context) error {
		slog.SetDefault(before)
		return p.Shutdown(ctx)
	})
	return nil
}

// Close sends what is left, for as long as ctx is patient.
func (e *Export) Close(ctx context.Context) error {
	var all error
	for _, end := range e.ends {
		all = errors.Join(all, end(ctx))
	}
	e.ends = nil
	return all
}

// signal reports whether a kind of telemetry is asked for, and what it is from.
func signal(getenv func(string) string, kind string) (ok bool, about *resource.Resource, err error) {
	if ok, err = wanted(getenv, kind); ok {
		about, err = describe()
	}
	return ok && err == nil, about, err
}

func wanted(getenv func(string) string, kind string) (bool, error) {
	at := getenv("OTEL_EXPORTER_OTLP_"+kind+"_ENDPOINT") + getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
	if at == "" || strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || getenv("OTEL_"+kind+"_EXPORTER") == "none" {
		return false, nil
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_" + kind + "_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if p := getenv(name); p != "" && p != "http/protobuf" {
			return false, fmt.Errorf("%s is %q, and telemetry is sent by http/protobuf alone", name, p)
		}
	}
	return true, nil
}

func describe() (*resource.Resource, error) {
	about, err := resource.Merge(resource.NewSchemaless(attribute.String("service.name", "patchbay")), resource.Environment())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, fmt.Errorf("describe the service: %w", err)
	}
	return about, nil
}

// both is a handler that has two: the first one's level is the level.
type both struct{ first, second slog.Handler }

// Enabled is slog.Handler's.
func (b both) Enabled(ctx context.Context, level slog.Level) bool { return b.first.Enabled(ctx, level) }

// Handle is slog.Handler's.
func (b both) Handle(ctx context.Context, r slog.Record) error {
	return errors.Join(b.first.Handle(ctx, r.Clone()), b.second.Handle(ctx, r))
}

// WithAttrs is slog.Handler's.
func (b both) WithAttrs(attrs []slog.Attr) slog.Handler {
	return both{b.first.WithAttrs(attrs), b.second.WithAttrs(attrs)}
}

// WithGroup is slog.Handler's.
func (b both) WithGroup(name string) slog.Handler {
	return both{b.first.WithGroup(name), b.second.WithGroup(name)}
}
