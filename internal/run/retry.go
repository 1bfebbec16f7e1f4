package run

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// retryMost is how many runs one call has tried again.
const retryMost = 1000

// Retry has a run that failed, or waits to be tried again, go on at once from the
// step that failed. What was recorded of earlier steps is kept, and so is its
// version; it may then go on by itself as often as a new one.
func (s *Service) Retry(ctx context.Context, scope tenant.Scope, runID string) (r *Run, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := lock(tx, runID); err != nil {
			return err
		}
		if r, err = db.One[Run](tx.Where("id = ?", runID), ErrNotFound); err != nil {
			return err
		}
		switch r.Status {
		case Queued, Running, Waiting:
			return ErrUnderWay
		case Retrying, Failed, DeadLettered:
		default:
			return ErrNotFailed
		}
		if r.forgotten() {
			return ErrNoEvent
		}
		now := s.Now()
		if err := s.again(tx, scope, []Run{*r}, now); err != nil {
			return err
		}
		if r, err = db.One[Run](tx.Where("id = ?", runID), ErrNotFound); err != nil {
			return err
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.RunRetried, Subject: runID, ExternalUserID: named(r.ExternalUserID), Details: map[string]any{"workflow": r.WorkflowID}})
	})
	if err != nil {
		return nil, err
	}
	s.nudge(ctx, scope, r)
	return r, nil
}

// Requeue has dead letters tried again as Retry does, the oldest first, and returns
// how many; the filter's status does not matter. It takes up to 1,000; more says
// that there are others.
func (s *Service) Requeue(ctx context.Context, scope tenant.Scope, f Filter) (n int, more bool, err error) {
	var rows []Run
	f.Statuses = []Status{DeadLettered}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := f.Where(tx).Where("NOT (store <> '' AND input = 'null')").Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Order("id").Limit(retryMost).Find(&rows).Error; err != nil {
			return fmt.Errorf("choose dead letters: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		now := s.Now()
		if err := s.again(tx, scope, rows, now); err != nil {
			return err
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.RunsRetried, Subject: scope.Environment(), ExternalUserID: f.ExternalUserID, Details: map[string]any{"count": len(rows), "workflow": f.WorkflowID}})
	})
	if err != nil {
		return 0, false, err
	}
	for i := range rows {
		s.nudge(ctx, scope, &rows[i])
	}
	return len(rows), len(rows) == retryMost, nil
}

// again makes runs due that failed, or wait to be tried again; those of a workflow
// with a queue wait for their turn in it. tx holds their locks.
func (s *Service) again(tx *gorm.DB, scope tenant.Scope, rows []Run, now time.Time) error {
	var over, early []string
	for i := range rows {
		r := &rows[i]
		if r.Status == Retrying {
			early = append(early, r.ID)
			continue
		}
		d, err := definitionOf(tx, r)
		if err != nil {
			return err
		}
		if err := reopen(tx, d, r.ID, now); err != nil {
			return err
		}
		if err := s.placeAgain(tx, scope, r, d); err != nil {
			return err
		}
		if !r.Placed {
			over = append(over, r.ID)
		}
	}
	err := tx.Model(&Step{}).Where("run_id IN ? AND status = ? AND again", early, Waiting).Update("wake_at", now).Error
	if err == nil {
		err = tx.Model(&Run{}).Where("id IN ?", early).Updates(map[string]any{"lease_until": now, "retries": 0}).Error
	}
	if err == nil {
		err = tx.Model(&Run{}).Where("id IN ?", over).Updates(reopened(now)).Error
	}
	if err != nil {
		return fmt.Errorf("have runs tried again: %w", err)
	}
	return nil
}

// reopened is what becomes of the row of a run that was over.
func reopened(due time.Time) map[string]any {
	return map[string]any{
		"status": Queued, "lease_id": "", "lease_until": due, "finished_at": nil, "error": nil, "retries": 0, "attempts": gorm.Expr("attempts + 1"),
	}
}

// placeAgain has a run that was over queue again, if its workflow has a queue, in
// front of those that came after it. What such a queue holds at the most is asked
// of new runs alone.
func (s *Service) placeAgain(tx *gorm.DB, scope tenant.Scope, r *Run, d *workflow.Definition) error {
	w, err := db.One[workflow.Workflow](tx.Where("id = ?", r.WorkflowID), workflow.ErrNotFound)
	if err != nil {
		return err
	}
	at, err := placeFor(scope, w, d, r)
	if r.Placed = at != nil; err != nil || at == nil {
		return err
	}
	set := reopened(never)
	set["placed"] = true
	if err := tx.Model(&Run{}).Where("id = ?", r.ID).Updates(set).Error; err != nil {
		return fmt.Errorf("have run queue again: %w", err)
	}
	return at.take(tx)
}
