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
	room, full := s.Here.Room()
	var due []struct{ ID, EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT r.id, r.environment_id, e.project_id, e.name
			FROM runs r JOIN environments e ON e.id = r.environment_id
			WHERE r.finished_at IS NULL AND r.lease_until <= ? AND r.environment_id NOT IN ? AND r.environment_id NOT IN (SELECT environment_id FROM held_environments) ORDER BY r.lease_until LIMIT ?`, s.Now(), append(full, ""), room).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("sweep runs: %w", err)
	}
	for _, r := range due {
		s.Nudge(ctx, tenant.NewScope(r.ProjectID, r.EnvironmentID, r.Name), r.ID)
	}
	return s.sweepQueues(ctx)
}

const queuesOnce = 200 // that one sweep has looked at

// sweepQueues nudges queues in which something waits, each in its turn: tokens come
// with time, and a nudge may be lost.
func (s *Service) sweepQueues(ctx context.Context) error {
	s.sweeping.Lock()
	defer s.sweeping.Unlock()
	var lines []struct{ ID, WorkflowID, EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT q.id, q.workflow_id, q.environment_id, e.project_id, e.name FROM run_queues q JOIN environments e ON e.id = q.environment_id
			WHERE q.id > ? AND q.paused_at IS NULL AND q.environment_id NOT IN (SELECT environment_id FROM held_environments)
				AND EXISTS (SELECT FROM run_places p WHERE p.workflow_id = q.workflow_id AND p.environment_id = q.environment_id AND p.state = 'waiting')
			ORDER BY q.id LIMIT ?`, s.sweptQueue, queuesOnce).Scan(&lines).Error
	})
	if err != nil {
		return fmt.Errorf("sweep queues: %w", err)
	}
	s.sweptQueue = ""
	for _, l := range lines {
		s.Queue.Nudge(ctx, TaskAdmit, tenant.NewScope(l.ProjectID, l.EnvironmentID, l.Name), l.WorkflowID)
	}
	if len(lines) == queuesOnce {
		s.sweptQueue = lines[queuesOnce-1].ID
	}
	return nil
}
