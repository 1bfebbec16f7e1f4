package run

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// A dead letter is a run that failed and is not tried again by itself. It waits,
// as long as runs are kept, for a person: to be tried again, or to be discarded.

// Discard ends dead letters for good, and returns how many: they have failed, and
// nobody is told of them any more. The filter's status does not matter. It discards
// up to 10,000; more says that there are others.
func (s *Service) Discard(ctx context.Context, scope tenant.Scope, f Filter) (n int, more bool, err error) {
	f.Statuses = nil
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		ids, err := pick(tx, f, []Status{DeadLettered})
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := tx.Model(&Run{}).Where("id IN ? AND status = ?", ids, DeadLettered).Update("status", Failed).Error; err != nil {
			return fmt.Errorf("discard dead letters: %w", err)
		}
		n, more = len(ids), len(ids) == most
		entry := audit.Entry{Action: audit.RunsDiscarded, Subject: scope.Environment(), ExternalUserID: f.ExternalUserID, Details: map[string]any{"count": n, "workflow": f.WorkflowID}}
		if len(f.IDs) == 1 {
			entry.Subject = f.IDs[0]
		}
		return audit.Record(tx, s.Now(), entry)
	})
	return n, more, err
}

// How often dead letters are looked at, and an environment is told of them.
const (
	deadEvery = time.Minute
	tellEvery = 24 * time.Hour
)

// SweepDead counts dead letters, and tells each environment whose oldest is older
// than DeadAge, once a day. Every worker process calls it on a ticker; of two
// that do so at once one tells.
func (s *Service) SweepDead(ctx context.Context) error {
	now := s.Now()
	if now.UnixNano()-s.deadSwept.Load() < int64(deadEvery) {
		return nil
	}
	var total int64
	var old []struct{ EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Model(&Run{}).Where("status = ?", DeadLettered).Count(&total).Error; err != nil || s.DeadAge <= 0 {
			return err
		}
		return tx.Raw(`SELECT r.environment_id, e.project_id, e.name FROM (SELECT DISTINCT environment_id FROM runs WHERE status = 'dead_lettered' AND finished_at < ?) r
			JOIN environments e ON e.id = r.environment_id LEFT JOIN dead_run_alerts a ON a.environment_id = r.environment_id
			WHERE a.told_at IS NULL OR a.told_at <= ? LIMIT 1000`, now.Add(-s.DeadAge), now.Add(-tellEvery)).Scan(&old).Error
	})
	if err != nil {
		return fmt.Errorf("sweep runs that failed: %w", err)
	}
	s.Metrics.DeadRuns.Set(float64(total))
	for _, o := range old {
		if err := s.tellOfDead(ctx, tenant.NewScope(o.ProjectID, o.EnvironmentID, o.Name), now); err != nil {
			return err
		}
	}
	s.deadSwept.Store(now.UnixNano())
	return nil
}

// tellOfDead writes the event, and with it that it was told.
func (s *Service) tellOfDead(ctx context.Context, scope tenant.Scope, now time.Time) error {
	var heard []string
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		res := tx.Exec(`INSERT INTO dead_run_alerts AS a (id, told_at) VALUES (?, ?)
			ON CONFLICT (environment_id) DO UPDATE SET told_at = excluded.told_at WHERE a.told_at <= ?`, id.New("dra"), now, now.Add(-tellEvery))
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error // another worker told
		}
		var dead struct {
			N      int
			Oldest *time.Time
		}
		if err := tx.Model(&Run{}).Where("status = ?", DeadLettered).Select("count(*) AS n, min(finished_at) AS oldest").Scan(&dead).Error; err != nil {
			return fmt.Errorf("count dead letters: %w", err)
		}
		if dead.Oldest == nil {
			return nil
		}
		e := &event.Event{Type: event.DeadRunsOld, SubjectID: scope.Environment(), CreatedAt: now}
		if err := e.Fill(scope.EnvironmentName(), map[string]any{"count": dead.N, "oldest_at": dead.Oldest.UTC().Format(event.Millis)}); err != nil {
			return err
		}
		heard, err = webhook.Emit(tx, e, webhook.To{Project: true})
		return err
	})
	if err != nil {
		return fmt.Errorf("tell of runs that failed: %w", err)
	}
	s.Webhooks.Nudge(ctx, scope, heard)
	return nil
}
