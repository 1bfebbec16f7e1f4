package run

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

var byNextTime = &Problem{Code: bySuccessor.Code, Message: "The next due time of its schedule took its place."}

// Ousted are runs that were canceled for the sake of one that begins.
type Ousted struct{ ended *endings }

// Oust cancels the runs that a trigger of a workflow has started for a user ("" =
// nobody) and that have not ended, but for those that were just begun, within a
// transaction of the scope. Service.Stop is called after the commit.
func (s *Service) Oust(tx *gorm.DB, workflowID, trigger, user string, but ...*Begun) (*Ousted, error) {
	var ids []string
	err := tx.Model(&Run{}).Where("workflow_id = ? AND trigger = ? AND COALESCE(external_user_id, '') = ? AND finished_at IS NULL", workflowID, trigger, user).
		Order("id").Limit(most).Pluck("id", &ids).Error
	if err != nil {
		return nil, fmt.Errorf("find runs: %w", err)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool {
		return slices.ContainsFunc(but, func(b *Begun) bool { return b.Run.ID == id })
	})
	if len(ids) == 0 {
		return nil, nil
	}
	if err := lock(tx, ids...); err != nil {
		return nil, err
	}
	ended, err := cancel(tx, ids, byNextTime, s.Now())
	return &Ousted{ended}, err
}

// Stop breaks off what is done for runs that were ousted.
func (s *Service) Stop(ctx context.Context, scope tenant.Scope, o *Ousted) {
	if o != nil {
		s.stop(ctx, scope, o.ended)
	}
}
