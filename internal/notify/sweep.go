package notify

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

const (
	keep       = 30 * 24 * time.Hour // how long notices and groups are kept
	sweepEvery = time.Minute
	sweepMost  = 5000
)

// Sweep makes good what was missed: it nudges every route along which something
// is due, and deletes what is too old. Every worker process calls it on a ticker;
// that two do so at once costs a nudge too many.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now()
	var due []struct{ RouteID, EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT DISTINCT n.route_id, n.environment_id, e.project_id, e.name
			FROM notices n JOIN environments e ON e.id = n.environment_id
			JOIN notification_routes r ON r.id = n.route_id AND r.enabled AND (r.open_until IS NULL OR r.open_until <= @now)
				AND (r.wait_until IS NULL OR r.wait_until <= @now) AND (r.lease_until IS NULL OR r.lease_until <= @now)
			WHERE n.state IN ('pending', 'sending') AND n.next_attempt_at <= @now AND (n.lease_until IS NULL OR n.lease_until <= @now) LIMIT 1000`,
			map[string]any{"now": now}).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("sweep notices: %w", err)
	}
	for _, d := range due {
		s.Queue.Nudge(ctx, TaskSend, tenant.NewScope(d.ProjectID, d.EnvironmentID, d.Name), d.RouteID)
	}
	return s.forget(ctx, now)
}

// SweepDigests writes the digests whose time has come. Every worker process calls
// it on a ticker; Sweep sees to it that they are sent.
func (s *Service) SweepDigests(ctx context.Context) error {
	if err := s.DB.System(ctx, func(tx *gorm.DB) error { return digests(tx, s.Now()) }); err != nil {
		return fmt.Errorf("write digests: %w", err)
	}
	return nil
}

// digests writes a notice for each environment of each route whose digest is
// due. The route is locked, and its next time set, in the same transaction: a
// digest is written once.
func digests(tx *gorm.DB, now time.Time) error {
	var routes []Route
	err := tx.Raw(`SELECT * FROM notification_routes WHERE next_digest_at <= ? AND enabled ORDER BY next_digest_at LIMIT 50 FOR UPDATE SKIP LOCKED`, now).Find(&routes).Error
	if err != nil {
		return fmt.Errorf("find digests: %w", err)
	}
	for i := range routes {
		r := &routes[i]
		due := *r.NextDigestAt
		from := r.Digest.before(due, zone(r.TimeZone))
		if r.DigestFrom != nil {
			from = *r.DigestFrom
		}
		var places []string
		err := tx.Raw(`SELECT e.id FROM environments e JOIN projects p ON p.id = e.project_id
			WHERE p.workspace_id = ? AND (?::text IS NULL OR e.project_id = ?) AND (?::text IS NULL OR e.name = ?)`,
			r.WorkspaceID, r.ProjectID, r.ProjectID, r.Environment, r.Environment).Scan(&places).Error
		if err != nil {
			return fmt.Errorf("find environments of digest: %w", err)
		}
		for _, env := range places {
			err := tx.Exec(`INSERT INTO notices (id, environment_id, route_id, kind, severity, title, period_from, period_to, state, next_attempt_at, created_at)
				VALUES (?, ?, ?, 'digest', 'info', 'Digest', ?, ?, 'pending', ?, ?)`, id.New("ntc"), env, r.ID, from, due, now, now).Error
			if err != nil {
				return fmt.Errorf("insert digest: %w", err)
			}
		}
		next := r.Digest.next(now, zone(r.TimeZone))
		err = tx.Model(&Route{}).Where("id = ?", r.ID).UpdateColumns(map[string]any{"next_digest_at": next, "digest_from": due}).Error
		if err != nil {
			return fmt.Errorf("set next digest: %w", err)
		}
	}
	return nil
}

// forget deletes what is too old to be kept.
func (s *Service) forget(ctx context.Context, now time.Time) error {
	if last := s.swept.Load(); now.UnixNano()-last < int64(sweepEvery) {
		return nil
	}
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec(`DELETE FROM notices WHERE ctid IN (SELECT ctid FROM notices WHERE created_at < ? LIMIT ? FOR UPDATE SKIP LOCKED)`, now.Add(-keep), sweepMost).Error; err != nil {
			return err
		}
		return tx.Exec(`DELETE FROM notice_groups WHERE last_at < ?`, now.Add(-keep)).Error
	})
	if err != nil {
		return fmt.Errorf("delete old notices: %w", err)
	}
	s.swept.Store(now.UnixNano())
	return nil
}
