// Package removal clears away what a user, a project or a workspace that is deleted has left:
// at apps webhooks and what was granted, and then all rows. Each step finds out by
// itself what there is to do, so that who is killed on the way, or is not alone,
// does no harm.
package removal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/trigger"
)

const (
	atOnce      = 50             // triggers or users that one look takes
	forTriggers = time.Hour      // after which users go although triggers could not be taken down
	forApps     = 24 * time.Hour // after which the rest goes although apps did not answer
)

// Service removes.
type Service struct {
	DB       *db.DB
	Members  *member.Service
	Projects *project.Service
	Accounts *account.Service
	Triggers *trigger.Service
	Now      func() time.Time
}

// Sweep goes on with every workspace and every project that was deleted. Every
// worker process calls it on a ticker.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.workspaces(ctx), s.projects(ctx))
}

func (s *Service) projects(ctx context.Context) error {
	all, err := s.Projects.Deleted(ctx)
	if err != nil {
		return fmt.Errorf("find deleted projects: %w", err)
	}
	var failed []error
	left := map[string]bool{}
	for _, g := range all {
		clear, err := s.environment(ctx, g)
		left[g.Scope.Project()] = left[g.Scope.Project()] || !clear || err != nil
		failed = append(failed, err)
	}
	for projectID, more := range left {
		if !more {
			failed = append(failed, s.Projects.Clear(ctx, projectID))
		}
	}
	return errors.Join(failed...)
}

// environment goes on with one environment, and reports whether nothing is left
// of it that an app knows of.
func (s *Service) environment(ctx context.Context, g project.Gone) (bool, error) {
	gone := s.Now().Sub(g.Since)
	triggers, err := s.triggers(ctx, g.Scope)
	if err != nil || triggers > 0 && gone < forTriggers {
		return false, err
	}
	users, err := s.users(ctx, g.Scope)
	if err != nil || users > 0 {
		return false, err
	}
	var open int
	err = s.DB.In(ctx, g.Scope, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT (SELECT count(*) FROM revocations WHERE finished_at IS NULL) + (SELECT count(*) FROM trigger_orphans WHERE due_at IS NOT NULL)`).Scan(&open).Error
	})
	return open == 0 || gone >= forApps, err
}

// triggers takes triggers down at their apps, and returns how many there were.
func (s *Service) triggers(ctx context.Context, scope tenant.Scope) (int, error) {
	var rows []struct{ ID, ExternalID string }
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		return tx.Raw("SELECT t.id, u.external_id FROM triggers t JOIN external_users u ON u.id = t.user_id ORDER BY t.id LIMIT ?", atOnce).Scan(&rows).Error
	})
	if err != nil {
		return 0, fmt.Errorf("find triggers: %w", err)
	}
	for _, r := range rows {
		if err := s.Triggers.TakeDown(ctx, scope, r.ID, r.ExternalID); err != nil && !errors.Is(err, trigger.ErrNotFound) {
			return len(rows), err //nolint:wrapcheck // it says what it is
		}
	}
	return len(rows), nil
}

// users deletes users, and returns how many there were.
func (s *Service) users(ctx context.Context, scope tenant.Scope) (int, error) {
	var ids []string
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		return tx.Raw("SELECT external_id FROM external_users ORDER BY id LIMIT ?", atOnce).Scan(&ids).Error
	})
	if err != nil {
		return 0, fmt.Errorf("find users: %w", err)
	}
	for _, id := range ids {
		if _, err := s.Accounts.DeleteUser(ctx, scope, id); err != nil && !errors.Is(err, account.ErrUserNotFound) {
			return len(ids), err //nolint:wrapcheck // it says what it is
		}
	}
	return len(ids), nil
}
