package run

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// leaseFor is how long a worker has a run. It renews the lease while a step lasts,
// so that only a dead worker loses one.
const (
	leaseFor = 45 * time.Second
	renew    = leaseFor / 3
)

// renew makes the lease of a run last longer, and reports whether it was still its worker's.
func (w *Worker) renew(ctx context.Context, scope tenant.Scope, r *Run) (held bool, err error) {
	err = w.DB.In(ctx, scope, func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE runs SET lease_until = ? WHERE id = ? AND lease_id = ?", w.Now().Add(leaseFor), r.ID, r.LeaseID)
		held = res.RowsAffected == 1
		return res.Error
	})
	if err != nil {
		return false, fmt.Errorf("renew lease: %w", err)
	}
	return held, nil
}

func stepsOf(tx *gorm.DB, runID string) ([]Step, error) {
	rows := []Step{}
	if err := tx.Where("run_id = ?", runID).Order("position").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("load steps: %w", err)
	}
	return rows, nil
}

// rouse has a run look again at what it waits for, and reports whether it goes on.
func rouse(tx *gorm.DB, runID string, now time.Time) (going bool, err error) {
	res := tx.Exec(`UPDATE runs SET signals = signals + 1, lease_until = CASE WHEN status = 'waiting' THEN ? ELSE lease_until END
		WHERE id = ? AND finished_at IS NULL`, now, runID)
	if res.Error != nil {
		return false, fmt.Errorf("signal run: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// ErrNotWaiting is returned when a step is told what it does not wait for any more.
var ErrNotWaiting = fault.New(fault.Conflict, "step_not_waiting", "The step does not wait any more.")

// Outcome is what became of a step that somebody else finds out.
type Outcome struct {
	Status Status   // Succeeded, Failed, Canceled or Ended
	Output any      // encoded as JSON
	Error  *Problem // of one that failed
}

// Signal writes the outcome of a step that waits for one, in the transaction that
// finds it out, and has its run go on. Nudge is called after the commit; without
// it a sweep does it. The errors are ErrNotWaiting, also for a step that is not
// there or whose run is over.
func Signal(tx *gorm.DB, runID, path string, o Outcome, now time.Time) error {
	// The run first: a worker that writes locks it first, too.
	going, err := rouse(tx, runID, now)
	if err != nil {
		return err
	}
	if !going {
		return ErrNotWaiting
	}
	set := map[string]any{"status": o.Status, "output": encode(o.Output), "wake_at": nil, "again": false, "finished_at": now}
	if o.Error != nil {
		set["error"] = *encode(o.Error)
	}
	res := tx.Model(&Step{}).Where("run_id = ? AND path = ? AND status IN ?", runID, path, []Status{Waiting, Running}).Updates(set)
	if res.Error != nil {
		return fmt.Errorf("write outcome: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return ErrNotWaiting
	}
	return nil
}
