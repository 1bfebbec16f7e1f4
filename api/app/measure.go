package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof" // it puts itself into the default mux as well, which nobody is served from
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/patchbay-dev/patchbay/internal/backlog"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// measure begins to measure, and to send what is measured where the environment
// says.
func (a *App) measure(ctx context.Context) error {
	pool, err := a.db.Pool()
	if err != nil {
		return err
	}
	a.metrics.Also(pool, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "patchbay_build_info", Help: "1, with the version as it was built.", ConstLabels: prometheus.Labels{"version": Version()},
	}, func() float64 { return 1 }))
	if reads := a.db.Reads(); reads != nil {
		a.metrics.Also(reads)
	}
	a.export, err = telemetry.OpenExport(ctx, os.Getenv, a.metrics) //nolint:forbidigo // the standard names its own variables
	if err == nil {
		a.metrics.Traces = a.export.Traces
	}
	return err
}

// work is what waits and who does it. What did not answer is left out.
type work struct {
	at    time.Time
	lines []backlog.Line
	sent  *backlog.Sent // of the last sentWithin
	queue *queue.State
}

// workView remembers what was found for all who ask.
type workView struct {
	mu   sync.Mutex
	seen *work
}

// workFor is how long what was found of the work is shown before it is looked at again.
const workFor = 10 * time.Second

// sentWithin is the time of which the outcomes of attempts are told.
const sentWithin = 15 * time.Minute

// atWork is the work as it was within the last seconds. It is looked at for all who
// ask, whoever of them goes away meanwhile.
func (a *App) atWork(ctx context.Context) work {
	a.worked.mu.Lock()
	defer a.worked.mu.Unlock()
	if s := a.worked.seen; s == nil || a.clock.Now().Sub(s.at) >= workFor {
		found := a.lookAtWork(context.WithoutCancel(ctx))
		a.worked.seen = &found
	}
	return *a.worked.seen
}

func (a *App) lookAtWork(ctx context.Context) (out work) {
	out.at = a.clock.Now()
	limited, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	var err error
	counted := &backlog.Service{DB: a.db, Now: a.clock.Now}
	if out.lines, err = counted.Lines(limited); err != nil {
		slog.WarnContext(ctx, "what waits was not counted", "error", err)
	}
	if out.sent, err = counted.Sent(limited, sentWithin); err != nil {
		slog.WarnContext(ctx, "attempts were not counted", "error", err)
	}
	if out.queue, err = queue.Look(a.redis); err != nil {
		slog.WarnContext(ctx, "the queue was not looked at", "error", err)
	}
	return out
}

// operators lets in who has the metrics token, as a bearer or as the password of a
// browser's question, or, while none is set, who asks from this very machine. A
// request that a proxy passed on is not from here.
func (a *App) operators(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.mayMeasure(r) {
			w.Header().Set("WWW-Authenticate", `Basic realm="patchbay"`)
			say(w, http.StatusUnauthorized, map[string]any{"error": "Send the metrics token, or ask from this machine.", "code": "unauthenticated", "details": map[string]any{}})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *App) mayMeasure(r *http.Request) bool {
	if a.config.MetricsToken != "" {
		raw, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if _, password, ok := r.BasicAuth(); ok {
			raw = password
		}
		return token.Matches(raw, token.Hash(a.config.MetricsToken))
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || r.Header.Get("X-Forwarded-For") != "" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// profiles are Go's own, of this process.
func profiles() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /debug/pprof/", pprof.Index)
	m.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	m.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	m.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	return m
}
