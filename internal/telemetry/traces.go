package telemetry

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Traces sends what was done to a collector. Nil sends nothing, and costs nothing.
type Traces struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// Span is something that was done, known by ids that were given before.
type Span struct {
	Trace  string // 32 hexadecimal digits
	ID     string // 16
	Parent string // 16; "" = nothing that is known
	Caller bool   // the parent is in another program
	Name   string
	Begin  time.Time
	End    time.Time
	Failed string // why; "" = it did not
	Notes  map[string]string
}

// OpenTraces returns what sends traces as the standard's variables say
// (OTEL_EXPORTER_OTLP_ENDPOINT and those beside it), or nil without an endpoint.
func OpenTraces(ctx context.Context, getenv func(string) string) (*Traces, error) {
	if ok, err := wanted(getenv, "TRACES"); !ok {
		return nil, err
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("open traces: %w", err)
	}
	return NewTraces(sdktrace.WithBatcher(exporter))
}

// NewTraces returns what sends traces as the options say.
func NewTraces(options ...sdktrace.TracerProviderOption) (*Traces, error) {
	about, err := describe()
	if err != nil {
		return nil, err
	}
	p := sdktrace.NewTracerProvider(append(options, sdktrace.WithResource(about), sdktrace.WithIDGenerator(given{}))...)
	return &Traces{provider: p, tracer: p.Tracer(ours)}, nil
}

// Close sends what is not sent yet.
func (t *Traces) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send traces: %w", err)
	}
	return nil
}

// Record sends spans, each after its parent.
func (t *Traces) Record(ctx context.Context, spans ...Span) {
	if t == nil {
		return
	}
	for i := range spans {
		t.record(context.WithoutCancel(ctx), &spans[i])
	}
}

func (t *Traces) record(ctx context.Context, s *Span) {
	own, err := identity(s.Trace, s.ID)
	if err != nil {
		slog.WarnContext(ctx, "a span has no id", "error", err)
		return
	}
	ctx = context.WithValue(ctx, givenKey{}, own)
	if parent, err := identity(s.Trace, s.Parent); err == nil {
		ctx = trace.ContextWithSpanContext(ctx, parent.WithRemote(s.Caller))
	}
	notes := make([]attribute.KeyValue, 0, len(s.Notes))
	for k, v := range s.Notes {
		if v != "" {
			notes = append(notes, attribute.String(k, v))
		}
	}
	_, span := t.tracer.Start(ctx, s.Name, trace.WithTimestamp(s.Begin), trace.WithAttributes(notes...))
	if s.Failed != "" {
		span.SetStatus(codes.Error, s.Failed)
	}
	span.End(trace.WithTimestamp(s.End))
}

func identity(traceID, spanID string) (trace.SpanContext, error) {
	c := trace.SpanContextConfig{TraceFlags: trace.FlagsSampled}
	t, err := hex.DecodeString(traceID)
	s, serr := hex.DecodeString(spanID)
	if err = errors.Join(err, serr); err != nil || len(t) != len(c.TraceID) || len(s) != len(c.SpanID) {
		return trace.SpanContext{}, fmt.Errorf("%q in trace %q is no span: %w", spanID, traceID, err)
	}
	copy(c.TraceID[:], t)
	copy(c.SpanID[:], s)
	return trace.NewSpanContext(c), nil
}

// given has spans have the ids that they were given.
type given struct{}

type givenKey struct{}

// NewIDs is asked for a span without a parent.
func (given) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	c, _ := ctx.Value(givenKey{}).(trace.SpanContext)
	return c.TraceID(), c.SpanID()
}

// NewSpanID is asked for one with a parent.
func (given) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	c, _ := ctx.Value(givenKey{}).(trace.SpanContext)
	return c.SpanID()
}
