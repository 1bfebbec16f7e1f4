package run

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Sweep nudges every run that is due and that no worker holds: the ones whose
// nudge was lost and the ones whose worker died. Every worker process calls it
// on a ticker; that two do so at once costs a nudge too many and nothing else.
func (s *Service) Sweep(ctx context.Context) error {
	var due []struct{ ID, EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT r.id, r.environment_id, e.project_id, e.name
			FROM runs r JOIN environments e ON e.id = r.environment_id
			WHERE r.finished_at IS NULL AND r.lease_until <= ? ORDER BY r.lease_until LIMIT 500`, s.Now()).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("sweep runs: %w", err)
	}
	for _, r := range due {
		s.Queue.Nudge(ctx, TaskAdvance, tenant.NewScope(r.ProjectID, r.EnvironmentID, r.Name), r.ID)
	}
	return nil
}
