package telemetry

import (
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Complaint is a line of the log that says that something failed.
type Complaint struct {
	At   time.Time
	Says string
}

var (
	complaints = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "patchbay_log_lines_total", Help: "Lines of the log that say that something is wrong, by level."}, []string{"level"})
	latest     atomic.Pointer[Complaint]
)

// LastError is the newest line of this process's log that says that something
// failed, or nil.
func LastError() *Complaint { return latest.Load() }

func complained(r *slog.Record) {
	if r.Level < slog.LevelWarn {
		return
	}
	complaints.WithLabelValues(strings.ToLower(r.Level.String())).Inc()
	if r.Level < slog.LevelError {
		return
	}
	says := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" {
			says += ": " + a.Value.String()
		}
		return a.Key != "error"
	})
	latest.Store(&Complaint{At: r.Time, Says: says})
}
