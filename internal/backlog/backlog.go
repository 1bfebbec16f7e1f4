// Package backlog says what waits to be done in the whole installation, for those
// who run it: kind by kind how much is due, since when, and how much was given up.
// It reads counts and times, and nothing of what a tenant has.
package backlog

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// Most is how far a line is counted.
const Most = 10_000

// Line is one kind of work.
type Line struct {
	Name     string
	Due      int        // what could begin now; Most = that, or more
	Oldest   *time.Time // since when the first of it could
	UnderWay int        // what a worker holds
	GivenUp  int        // what is kept as failed
}

// Late is for how long the first of it waited at a moment; 0 = nothing does.
func (l *Line) Late(now time.Time) time.Duration {
	if l.Oldest == nil {
		return 0
	}
	return max(0, now.Sub(*l.Oldest))
}

// Sent is how attempts at webhooks ended lately: of the newest, Most at most.
type Sent struct{ Delivered, Failed int }

// Service asks the database.
type Service struct {
	DB      *db.DB
	Metrics *telemetry.Metrics // that Sweep sets
	Now     func() time.Time
	swept   time.Time
}

// measureEvery is how often what waits is counted for the metrics.
const measureEvery = 10 * time.Second

// Sweep sets the metrics by which workers are added and people are called. Each
// process measures for itself: what it says is of the whole installation.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now()
	if now.Sub(s.swept) < measureEvery {
		return nil
	}
	s.swept = now
	lines, err := s.Lines(ctx)
	if err != nil {
		return err
	}
	for _, l := range lines {
		s.Metrics.Due.WithLabelValues(l.Name).Set(float64(l.Due))
		s.Metrics.Oldest.WithLabelValues(l.Name).Set(l.Late(now).Seconds())
	}
	return nil
}

// lines are the kinds, in the order in which users feel it when they are late. Each
// has what is due with its time, what is held, and what was given up.
var lines = []struct{ name, due, at, held, failed string }{
	{"runs", "runs WHERE finished_at IS NULL AND lease_until <= @now", "lease_until", "runs WHERE finished_at IS NULL AND lease_until > @now AND lease_id <> ''", "runs WHERE status = 'dead_lettered'"},
	{"deliveries", "deliveries d JOIN webhook_endpoints w ON w.id = d.endpoint_id AND w.disabled_at IS NULL AND w.breaker <> 'open' WHERE d.state = 'pending' AND d.next_attempt_at <= @now", "d.next_attempt_at", "deliveries WHERE state = 'sending'", "deliveries WHERE state = 'exhausted'"},
	{"refreshes", "credentials WHERE next_refresh_at <= @now AND NOT dead", "next_refresh_at", "credentials WHERE lease_until > @now", "credentials WHERE main AND dead"},
	{"looks", "trigger_sources WHERE due_at <= @now AND lease_until <= @now", "due_at", "trigger_sources WHERE lease_until > @now", ""},
	{"actions", "action_runs WHERE status = 'queued'", "created_at", "action_runs WHERE status = 'running'", ""},
	{"notices", "notices WHERE state = 'pending' AND next_attempt_at <= @now", "next_attempt_at", "notices WHERE state = 'sending'", "notices WHERE state = 'failed'"},
}

// Lines returns all kinds of work.
func (s *Service) Lines(ctx context.Context) (out []Line, err error) {
	now := map[string]any{"now": s.Now(), "most": Most}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		for _, l := range lines {
			line := Line{Name: l.name}
			var due struct {
				N      int
				Oldest *time.Time
			}
			if err := tx.Raw("SELECT count(*) AS n, min(at) AS oldest FROM (SELECT "+l.at+" AS at FROM "+l.due+" LIMIT @most) x", now).Scan(&due).Error; err != nil {
				return fmt.Errorf("count due %s: %w", l.name, err)
			}
			line.Due, line.Oldest = due.N, due.Oldest
			for from, n := range map[string]*int{l.held: &line.UnderWay, l.failed: &line.GivenUp} {
				if from == "" {
					continue
				}
				if err := tx.Raw("SELECT count(*) FROM (SELECT FROM "+from+" LIMIT @most) x", now).Scan(n).Error; err != nil {
					return fmt.Errorf("count %s: %w", l.name, err)
				}
			}
			out = append(out, line)
		}
		return nil
	})
	return out, err
}

// Sent counts the attempts that were begun within a time.
func (s *Service) Sent(ctx context.Context, within time.Duration) (*Sent, error) {
	var out Sent
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT count(*) FILTER (WHERE error IS NULL) AS delivered, count(*) FILTER (WHERE error IS NOT NULL) AS failed
			FROM (SELECT error FROM attempts WHERE id >= ? ORDER BY id DESC LIMIT ?) x`, id.At("att", s.Now().Add(-within)), Most).Scan(&out).Error
	})
	if err != nil {
		return nil, fmt.Errorf("count attempts: %w", err)
	}
	return &out, nil
}
