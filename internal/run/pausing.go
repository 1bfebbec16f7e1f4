package run

import (
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/webhook"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// pauseAfter pauses the queue of a workflow whose newest runs have all failed, as
// many as it says: what comes then waits until somebody goes on with it. Runs that
// are yet to be tried again count, those that began before the queue last went on do
// not. It is called in the transaction that wrote the failure.
func (s *Service) pauseAfter(tx *gorm.DB, x *write, v *verdict) error {
	most := x.def.PausesAfter()
	if most == 0 || x.r.Test {
		return nil
	}
	var failed int
	err := tx.Raw(`SELECT count(*) FROM (SELECT status FROM runs r
			WHERE r.workflow_id = ? AND r.environment_id = ? AND NOT r.test AND r.status NOT IN ('queued', 'running', 'waiting', 'canceled')
				AND r.started_at > COALESCE((SELECT q.resumed_at FROM run_queues q WHERE q.workflow_id = r.workflow_id AND q.environment_id = r.environment_id), '-infinity')
			ORDER BY r.id DESC LIMIT ?) newest
		WHERE status IN ('failed', 'dead_lettered', 'retrying')`, x.r.WorkflowID, x.scope.Environment(), most).Scan(&failed).Error
	if err != nil {
		return fmt.Errorf("count failures in a row: %w", err)
	}
	if failed < most {
		return nil
	}
	w, err := db.One[workflow.Workflow](tx.Where("id = ?", x.r.WorkflowID), workflow.ErrNotFound)
	if err != nil || slices.Contains(w.PausedIn, x.scope.Environment()) {
		return err
	}
	why := fmt.Sprintf("%d runs failed in a row.", failed)
	if err := PauseIn(tx, x.scope, w.ID, why, x.now); err != nil {
		return err
	}
	e := &event.Event{Type: event.WorkflowPaused, SubjectID: w.ID, CreatedAt: x.now}
	err = e.Fill(x.scope.EnvironmentName(), map[string]any{
		"workflow": map[string]any{"id": w.ID, "name": w.Name, "version": x.r.Version},
		"failures": failed,
		"error":    x.standing.problem.shown(x.r),
	})
	if err != nil {
		return err
	}
	told, err := webhook.Emit(tx, e, webhook.To{Project: true})
	v.told = append(v.told, told...)
	return err
}
