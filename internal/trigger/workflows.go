package trigger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Workflows returns the workflows that a trigger starts, and when somebody changed the trigger last.
func (s *Service) Workflows(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string) (ids []string, at time.Time, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		t, err := ofUser(tx, triggerID, externalUserID)
		if err != nil {
			return err
		}
		at = t.ChangedAt
		ids, err = workflowsOf(tx, triggerID)
		return err
	})
	return ids, at, err
}

// SetWorkflows makes of the workflows with these ids those that a trigger starts: a
// run for each of its events, for the trigger's user.
func (s *Service) SetWorkflows(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string, ids []string, seen ...time.Time) (now []string, at time.Time, err error) {
	at = s.Now()
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		t, err := changed(tx, triggerID, externalUserID, at, seen)
		if err != nil {
			return err
		}
		if t.LiveID != nil {
			return ErrOwned
		}
		before, err := workflowsOf(tx, triggerID)
		if err != nil {
			return err
		}
		if err := setWorkflows(tx, triggerID, ids); err != nil {
			return err
		}
		if now, err = workflowsOf(tx, triggerID); err != nil {
			return err
		}
		return audit.Record(tx, at, audit.Entry{Action: audit.TriggerWorkflows, Subject: triggerID, ExternalUserID: externalUserID, Details: audit.Changes(audit.View{"workflows": before}, audit.View{"workflows": now})})
	})
	return now, at, err
}

func setWorkflows(tx *gorm.DB, triggerID string, ids []string) error {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	var known int64
	if err := tx.Table("workflows").Where("id IN ?", ids).Count(&known).Error; err != nil {
		return fmt.Errorf("find workflows: %w", err)
	}
	if int(known) != len(ids) {
		return ErrWorkflow
	}
	if err := tx.Exec("DELETE FROM trigger_workflows WHERE trigger_id = ?", triggerID).Error; err != nil {
		return fmt.Errorf("set workflows: %w", err)
	}
	for _, id := range ids {
		if err := tx.Exec("INSERT INTO trigger_workflows (trigger_id, workflow_id) VALUES (?, ?)", triggerID, id).Error; err != nil {
			return fmt.Errorf("set workflows: %w", err)
		}
	}
	return nil
}
