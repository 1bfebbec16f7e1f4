package backlog_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/backlog"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

var now = time.Date(2026, 5, 10, 12, 30, 0, 0, time.UTC)

// Every kind is counted, over all tenants: what is due since the oldest of it, what a
// worker holds, and nothing of what is over.
func TestLines(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	for i, status := range []string{"queued", "queued", "running", "succeeded"} {
		err := d.In(t.Context(), testkit.Scope(t, d), func(tx *gorm.DB) error {
			var finished *time.Time
			if status == "succeeded" {
				finished = &now
			}
			return tx.Exec(`INSERT INTO action_runs (id, environment_id, component_key, component_version, app, account_id, external_user_id, status, background, input_hash, created_at, finished_at)
				VALUES (?, current_setting('app.environment_id'), 'k', '0.1.0', '', '', 'u', ?, true, 'x', ?, ?)`, id.New("arun"), status, now.Add(-time.Duration(i+1)*time.Minute), finished).Error
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	lines, err := (&backlog.Service{DB: d, Now: func() time.Time { return now }}).Lines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, l := range lines {
		got += fmt.Sprint(l.Name, " ", l.Due, l.UnderWay, l.GivenUp)
		if l.Oldest != nil {
			got += " since " + now.Sub(*l.Oldest).String()
		}
		got += "; "
	}
	if want := "runs 0 0 0; deliveries 0 0 0; refreshes 0 0 0; looks 0 0 0; actions 2 1 0 since 2m0s; notices 0 0 0; "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The metrics have each kind, and how long the first of it has waited.
func TestSweep(t *testing.T) {
	t.Parallel()
	d, at := testkit.DB(t), now
	queue := func(since time.Duration) {
		err := d.In(t.Context(), testkit.Scope(t, d), func(tx *gorm.DB) error {
			return tx.Exec(`INSERT INTO action_runs (id, environment_id, component_key, component_version, app, account_id, external_user_id, status, background, input_hash, created_at)
				VALUES (?, current_setting('app.environment_id'), 'k', '0.1.0', '', '', 'u', 'queued', true, 'x', ?)`, id.New("arun"), now.Add(-since)).Error
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s := &backlog.Service{DB: d, Metrics: telemetry.NewMetrics(), Now: func() time.Time { return at }}
	measured := func() string {
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		rec := httptest.NewRecorder()
		s.Metrics.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		got := ""
		for line := range strings.Lines(rec.Body.String()) {
			if strings.HasPrefix(line, "patchbay_backlog_") && strings.Contains(line, `"actions"`) {
				got += line
			}
		}
		return got
	}
	queue(90 * time.Second)
	want := "patchbay_backlog_due{kind=\"actions\"} 1\npatchbay_backlog_oldest_seconds{kind=\"actions\"} 90\n"
	if got := measured(); got != want {
		t.Errorf("measured\n%swant\n%s", got, want)
	}
	queue(time.Minute)
	at = at.Add(5 * time.Second)
	if got := measured(); got != want {
		t.Errorf("five seconds later it was counted again:\n%s", got)
	}
	at = at.Add(5 * time.Second)
	if got, want := measured(), "patchbay_backlog_due{kind=\"actions\"} 2\npatchbay_backlog_oldest_seconds{kind=\"actions\"} 100\n"; got != want {
		t.Errorf("measured\n%swant\n%s", got, want)
	}
}
