package webhook

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Sweep makes good what was missed: it takes deliveries back from workers that
// died, and nudges every endpoint at which something is due. Every worker
// process calls it on a ticker; that two do so at once costs a nudge too many.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now()
	var due []dueEndpoint
	var next string
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		err := tx.Exec(`WITH lost AS (SELECT d.id, d.environment_id, d.attempts, d.lease_until - make_interval(secs => w.timeout_ms / 1000.0 + ?) AS began
				FROM deliveries d JOIN webhook_endpoints w ON w.id = d.endpoint_id
				WHERE d.state = 'sending' AND d.lease_until < ? ORDER BY d.lease_until LIMIT 500 FOR UPDATE OF d SKIP LOCKED),
			back AS (UPDATE deliveries d SET state = 'pending', lease_id = '', lease_until = NULL, last_error = 'lease_expired'
				FROM lost WHERE d.id = lost.id)
			INSERT INTO attempts (id, environment_id, delivery_id, number, started_at, duration_ms, error)
			SELECT ? || right(id, 26), environment_id, id, attempts, began, 0, 'lease_expired' FROM lost`,
			leaseMargin.Seconds(), now, id.New("att")+"_").Error
		if err != nil {
			return fmt.Errorf("take back deliveries: %w", err)
		}
		if err := s.countHeld(tx); err != nil {
			return err
		}
		after, _ := s.sweptTo.Load().(string)
		due, next, err = findDue(tx, after, mostDue, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("sweep deliveries: %w", err)
	}
	s.sweptTo.Store(next)
	for _, d := range due {
		s.Nudge(ctx, tenant.NewScope(d.ProjectID, d.EnvironmentID, d.Name), []string{d.EndpointID})
	}
	return nil
}

// countHeld shows in the metrics how many endpoints are not sent to.
func (s *Service) countHeld(tx *gorm.DB) error {
	var held struct{ Paused, Disabled int }
	err := tx.Raw(`SELECT count(*) FILTER (WHERE disabled_at IS NULL) AS paused, count(*) FILTER (WHERE disabled_at IS NOT NULL) AS disabled
		FROM webhook_endpoints WHERE breaker = 'open' OR disabled_at IS NOT NULL`).Scan(&held).Error
	if err != nil {
		return fmt.Errorf("count endpoints: %w", err)
	}
	s.Metrics.Endpoints.WithLabelValues("paused").Set(float64(held.Paused))
	s.Metrics.Endpoints.WithLabelValues("disabled").Set(float64(held.Disabled))
	return nil
}
