// Package telemetry says what the process does: structured logs that carry the
// ids of the request or task they belong to, and Prometheus metrics.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type attrsKey struct{}

// With returns a context whose log lines carry the attributes.
func With(ctx context.Context, attrs ...slog.Attr) context.Context {
	had, _ := ctx.Value(attrsKey{}).([]slog.Attr)
	return context.WithValue(ctx, attrsKey{}, append(had[:len(had):len(had)], attrs...))
}

// Of returns the text that With put into the context under a key, or "".
func Of(ctx context.Context, key string) string {
	attrs, _ := ctx.Value(attrsKey{}).([]slog.Attr)
	for _, a := range attrs {
		if a.Key == key {
			return a.Value.String()
		}
	}
	return ""
}

type handler struct {
	slog.Handler
	counts bool // lines that say that something is wrong
}

// NewLogger returns a JSON logger that adds what With put into the context.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(handler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}), true})
}

// Handle adds the context's attributes.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if h.counts {
		complained(&r)
	}
	attrs, _ := ctx.Value(attrsKey{}).([]slog.Attr)
	r.AddAttrs(attrs...)
	return h.Handler.Handle(ctx, r) //nolint:wrapcheck // a handler is transparent
}

// WithAttrs keeps the wrapping.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs), h.counts}
}

// WithGroup keeps the wrapping.
func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), h.counts}
}

// Metrics is what the process counts. Labels are few and bounded: never an id.
type Metrics struct {
	registry    *prometheus.Registry
	Requests    *prometheus.HistogramVec // by face, method and status class
	Deliveries  *prometheus.CounterVec   // by outcome: delivered, retried, probed, exhausted
	Breakers    *prometheus.CounterVec   // of webhooks, by what they changed to: open, closed
	Notices     *prometheus.CounterVec   // messages to people, by channel and code: SENT or why not
	NoticeTrips *prometheus.CounterVec   // of routes to people, by what their breakers changed to: open, closed
	DeadLetters prometheus.Gauge         // deliveries that were given up and not discarded
	DeadRuns    prometheus.Gauge         // runs that failed, are not tried again and were not discarded
	Endpoints   *prometheus.GaugeVec     // that are not sent to, by why: paused, disabled
	Due         *prometheus.GaugeVec     // what could begin now, by kind of work
	Oldest      *prometheus.GaugeVec     // seconds for which the first of it could
	Lateness    prometheus.Histogram     // seconds from accept to delivery
	Runs        *prometheus.CounterVec   // by status
	Tasks       *prometheus.HistogramVec // by task
	LimitsOpen  prometheus.Counter       // times that a rate limit did not hold
	Unlogged    prometheus.Counter       // proxied requests that are missing in the log
	Unnoted     prometheus.Counter       // runs of actions that are missing in the log
	Unsigned    prometheus.Counter       // requests at our addresses with a false signature
	Refreshes   *prometheus.CounterVec   // of tokens, by outcome: refreshed, or the class of what went wrong
	Connections *prometheus.CounterVec   // flows that came to their end, by outcome: connected, failed
	Traces      *Traces                  // nil = nobody asked for them
}

// NewMetrics returns metrics in a registry of their own.
func NewMetrics() *Metrics {
	seconds := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	m := &Metrics{
		registry:    prometheus.NewRegistry(),
		Requests:    prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "patchbay_http_request_seconds", Help: "Time to answer.", Buckets: seconds}, []string{"face", "method", "status"}),
		Deliveries:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "patchbay_delivery_attempts_total", Help: "Webhook attempts by outcome."}, []string{"outcome"}),
		Breakers:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "patchbay_webhook_breakers_total", Help: "Changes of webhooks' circuit breakers."}, []string{"to"}),
		Notices:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "patchbay_notifications_total", Help: "Messages to people by channel and outcome."}, []string{"channel", "code"}),
		NoticeTrips: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "patchbay_notification_breakers_total", Help: "Changes of notification routes' circuit breakers."}, []string{"to"}),
		DeadRuns:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "patchbay_dead_runs", Help: "Runs of workflows that failed and wait for a person."}),
		DeadLetters: prometheus.NewGauge(prometheus.GaugeOpts{Name: "patchbay_dead_letters", Help: "Webhook deliveries that were given up and wait for a person."}),
		Endpoints:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "patchbay_webhook_endpoints_held", Help: "Webhook endpoints of the installation that are not sent to, by why."}, []string{"status"}),
		Due:         prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "patchbay_backlog_due", Help: "Work of the installation that could begin now, by kind; counted up to 10,000."}, []string{"kind"}),
		Oldest:      prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "patchbay_backlog_oldest_seconds", Help: "For how long the first of it could, by kind."}, []string{"kind"}),
		Lateness:    prometheus.NewHistogram(prometheus.HistogramOpts{Name: "patchbay_delivery_lateness_seconds", Help: "Time from accept to successful delivery.", Buckets: seconds}),
		Runs:        prometheus.NewCounterVec(prometheus.CounterOpts{Name: "patchbay_runs_finished_total", Help: "Workflow runs by status."}, []string{"status"}),
		Tasks:       prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "patchbay_task_seconds", Help: "Time spent on a task.", Buckets: seconds}, []string{"task", "ok"}),
		LimitsOpen:  prometheus.NewCounter(prometheus.CounterOpts{Name: "patchbay_rate_limits_open_total", Help: "Times that a process held rate limits by itself because Redis did not answer."}),
		Unlogged:    prometheus.NewCounter(prometheus.CounterOpts{Name: "patchbay_proxy_requests_unlogged_total", Help: "Proxied requests that are missing in the request log."}),
	}
	m.Unnoted = prometheus.NewCounter(prometheus.CounterOpts{Name: "patchbay_action_runs_unlogged_total", Help: "Runs of actions that are missing in their log."})
	m.Unsigned = prometheus.NewCounter(prometheus.CounterOpts{Name: "patchbay_inbound_rejected_total", Help: "Requests at triggers and addresses of apps that were not signed as they have to be."})
	m.Refreshes = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "patchbay_refreshes_total", Help: "Refreshes of tokens by outcome."}, []string{"outcome"})
	m.Connections = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "patchbay_connections_total", Help: "Connect flows that ended, by outcome."}, []string{"outcome"})
	m.registry.MustRegister(m.Refreshes, m.Connections, complaints, m.Unsigned, m.Unnoted, m.Requests, m.Deliveries, m.Breakers, m.Endpoints, m.Notices, m.NoticeTrips, m.DeadLetters, m.DeadRuns, m.Due, m.Oldest, m.Lateness, m.Runs, m.Tasks, m.LimitsOpen, m.Unlogged,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Also has what else can be measured be among the metrics.
func (m *Metrics) Also(measured ...prometheus.Collector) { m.registry.MustRegister(measured...) }

// Handler serves the metrics in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
