package run

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// once does what a step does in our own database, and writes the step's outcome
// with it: it is done once, whoever dies on the way. What do tells of is sent
// after the commit.
func (x *Executor) once(ctx context.Context, scope tenant.Scope, r *Run, s *Step, do func(tx *gorm.DB) (res result, told []string, err error)) result {
	var res result
	var told []string
	err := x.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		if err := mine(tx, r); err != nil {
			return err
		}
		if res, told, err = do(tx); err != nil || res.status != Succeeded {
			return err
		}
		set := map[string]any{"status": res.status, "output": encode(r.env.hide(res.output)), "finished_at": x.Now()}
		if err := tx.Model(&Step{}).Where("run_id = ? AND path = ?", r.ID, s.Path).Updates(set).Error; err != nil {
			return fmt.Errorf("write outcome: %w", err)
		}
		res.written = true
		return nil
	})
	if err != nil {
		return failed(err)
	}
	if len(told) > 0 {
		x.Webhooks.Nudge(ctx, scope, told)
	}
	return res
}

// mine holds a run in place for its worker, or returns errLost.
func mine(tx *gorm.DB, r *Run) error {
	var ids []string
	err := tx.Raw("SELECT id FROM runs WHERE id = ? AND lease_id = ? FOR NO KEY UPDATE", r.ID, r.LeaseID).Scan(&ids).Error
	if err != nil {
		return fmt.Errorf("hold run: %w", err)
	}
	if len(ids) == 0 {
		return errLost
	}
	return nil
}

// refusal is what a fault makes of a step; any other error is the caller's.
func refusal(err error) (result, error) {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return failed(err), nil
	}
	return result{}, err
}
