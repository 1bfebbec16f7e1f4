package app

import (
	"bytes"
	"context"
	_ "embed"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/backlog"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// lateAfter is for how long work may wait before it is said to be late.
const lateAfter = time.Minute

// statusReport is how the installation does, for whoever runs it: nothing of what a
// tenant has is in it.
type statusReport struct {
	Status     string         `json:"status"` // ok, late (something waits for more than a minute) or unavailable (a part does not answer)
	Version    string         `json:"version"`
	StartedAt  time.Time      `json:"started_at"` // this process
	CheckedAt  time.Time      `json:"checked_at"`
	Database   string         `json:"database"`
	Redis      string         `json:"redis"`
	Workers    *int           `json:"workers"` // null = Redis does not say
	Work       []statusWork   `json:"work"`
	Queues     []statusQueue  `json:"queues"`
	Deliveries *statusSent    `json:"deliveries"`
	LastError  *statusProblem `json:"last_error"` // of this process; null = there was none
}

type statusWork struct {
	Kind          string  `json:"kind"`
	Due           int     `json:"due"`
	OldestSeconds float64 `json:"oldest_seconds"`
	UnderWay      int     `json:"under_way"`
	GivenUp       int     `json:"given_up"`
}

type statusQueue struct {
	Name          string  `json:"name"`
	Waiting       int     `json:"waiting"`
	BehindSeconds float64 `json:"behind_seconds"`
}

// statusSent are the newest attempts at webhooks.
type statusSent struct {
	WithinSeconds int      `json:"within_seconds"`
	Delivered     int      `json:"delivered"`
	Failed        int      `json:"failed"`
	Success       *float64 `json:"success"` // from 0 to 1; null = there was no attempt
}

type statusProblem struct {
	At   time.Time `json:"at"`
	Says string    `json:"says"`
}

const answers = "ok"

// status answers how the installation does: JSON for programs, a page for browsers.
func (a *App) status(w http.ResponseWriter, r *http.Request) {
	report := a.report(r.Context())
	w.Header().Set("Cache-Control", "no-store")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		say(w, http.StatusOK, report)
		return
	}
	var page bytes.Buffer
	if err := statusPage.Execute(&page, report); err != nil {
		slog.ErrorContext(r.Context(), "the status page cannot be written", "error", err)
		say(w, http.StatusOK, report)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	_, _ = page.WriteTo(w)
}

func (a *App) report(ctx context.Context) *statusReport {
	found := a.atWork(ctx)
	out := &statusReport{
		Status: answers, Version: Version(), StartedAt: a.started, CheckedAt: found.at, Database: answers, Redis: answers,
		Work: []statusWork{}, Queues: []statusQueue{},
	}
	for i := range found.lines {
		l := &found.lines[i]
		late := l.Late(found.at)
		if late > lateAfter {
			out.Status = "late"
		}
		out.Work = append(out.Work, statusWork{l.Name, l.Due, late.Seconds(), l.UnderWay, l.GivenUp})
	}
	if found.sent != nil {
		out.Deliveries = &statusSent{WithinSeconds: int(sentWithin.Seconds()), Delivered: found.sent.Delivered, Failed: found.sent.Failed, Success: success(found.sent)}
	}
	if found.queue != nil {
		n := len(found.queue.Workers)
		out.Workers = &n
		for _, q := range found.queue.Lanes {
			out.Queues = append(out.Queues, statusQueue{q.Name, q.Pending, q.Behind.Seconds()})
		}
	}
	const silent = "does not answer"
	if found.lines == nil {
		out.Status, out.Database = "unavailable", silent
	}
	if found.queue == nil {
		out.Status, out.Redis = "unavailable", silent
	}
	if e := telemetry.LastError(); e != nil {
		out.LastError = &statusProblem{e.At, e.Says}
	}
	return out
}

func success(s *backlog.Sent) *float64 {
	n := s.Delivered + s.Failed
	if n == 0 {
		return nil
	}
	share := float64(s.Delivered) / float64(n)
	return &share
}

//go:embed status.html
var statusSource string

var statusPage = template.Must(template.New("status").Funcs(template.FuncMap{
	"percent": func(v *float64) float64 { return *v * 100 },
	"since":   func(seconds float64) string { return (time.Duration(seconds) * time.Second).String() },
	"clock":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
}).Parse(statusSource))
