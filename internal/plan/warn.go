package plan

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/usage"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// every is how often quotas are looked at.
const every = 30 * time.Second

// percents are what a quota is told of at, each once in a month.
var percents = []struct {
	at   int
	kind string
}{{100, event.QuotaReached}, {80, event.QuotaNear}}

// Sweep tells projects of quotas that are used up or nearly. Of a workspace's quota
// each project is told that used something of it this month. Every worker process
// calls it on a ticker; of two that do so at once one tells.
func (s *Service) Sweep(ctx context.Context) error {
	s.warned.Lock()
	defer s.warned.Unlock()
	now := s.Now()
	if now.Before(s.nextAt) {
		return nil
	}
	var projects []struct{ ID, EnvironmentID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT p.id, e.id AS environment_id, e.name FROM projects p JOIN workspaces w ON w.id = p.workspace_id JOIN environments e ON e.project_id = p.id AND e.name = 'production'
			LEFT JOIN plans l ON l.name = w.plan LEFT JOIN project_terms t ON t.project_id = p.id
			WHERE jsonb_typeof(l.terms -> 'quotas') = 'object' OR jsonb_typeof(t.terms -> 'quotas') = 'object' ORDER BY p.id`).Scan(&projects).Error
	})
	if err != nil {
		return fmt.Errorf("find quotas: %w", err)
	}
	for _, p := range projects {
		if err := s.warn(ctx, tenant.NewScope(p.ID, p.EnvironmentID, p.Name), now); err != nil {
			return err
		}
	}
	s.nextAt = now.Add(every)
	return nil
}

// warn tells one project.
func (s *Service) warn(ctx context.Context, scope tenant.Scope, now time.Time) error {
	h, err := s.read(ctx, scope.Project())
	if err != nil {
		return err
	}
	first, next := usage.Month(now)
	h.quotas(func(kind string, ofProject bool, q Quota, used int64) {
		if err != nil || !ofProject && h.Used[kind].Project == 0 {
			return
		}
		of := "workspace"
		if ofProject {
			of = "project"
		}
		for _, p := range percents {
			if full(q, used) < p.at {
				continue
			}
			err = s.tell(ctx, scope, p.kind, map[string]any{
				"kind": kind, "of": of, "percent": p.at, "most": q.Most, "used": used, "refuses": q.Refuse, "resets_at": next.Format(event.Millis),
			}, first, p.at, now)
			return // who is told that all is used up is not told that most is
		}
	})
	return err
}

// tell writes the event, and with it that it was told.
func (s *Service) tell(ctx context.Context, scope tenant.Scope, kind string, what map[string]any, month time.Time, percent int, now time.Time) error {
	var heard []string
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		res := tx.Exec("INSERT INTO quota_warnings (month, kind, scope, percent, told_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			month.Format(time.DateOnly), what["kind"], what["of"], percent, now)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error // it was told
		}
		e := &event.Event{Type: kind, SubjectID: scope.Project(), CreatedAt: now}
		if err := e.Fill(scope.EnvironmentName(), what); err != nil {
			return err
		}
		var err error
		heard, err = webhook.Emit(tx, e, webhook.To{Project: true})
		return err
	})
	if err != nil {
		return fmt.Errorf("tell of a quota: %w", err)
	}
	if s.Webhooks != nil {
		s.Webhooks.Nudge(ctx, scope, heard)
	}
	return nil
}
