package project

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Delete has a project go with all that is in it. It is there for nobody from now
// on, its users' tokens are good no more, and its workflows start no run; what it
// left at apps is cleared away by a worker (internal/removal), which takes the row
// away in the end.
func (s *Service) Delete(ctx context.Context, workspaceID, projectID string) error {
	now := s.Now()
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		var name string
		res := tx.Raw("UPDATE projects SET deleted_at = ? WHERE workspace_id = ? AND id = ? AND deleted_at IS NULL RETURNING name", now, workspaceID, projectID).Scan(&name)
		if err := db.Affected(res, ErrNotFound); err != nil {
			return err
		}
		if err := tx.Exec("UPDATE workflows SET active = false WHERE project_id = ?", projectID).Error; err != nil {
			return fmt.Errorf("switch workflows off: %w", err)
		}
		if err := tx.Exec("DELETE FROM connect_tokens WHERE environment_id IN (SELECT id FROM environments WHERE project_id = ?)", projectID).Error; err != nil {
			return fmt.Errorf("delete connect tokens: %w", err)
		}
		return audit.RecordOf(tx, now, workspaceID, audit.Entry{Action: audit.ProjectDeleted, Subject: projectID, Details: map[string]any{"name": name}})
	})
	s.caches()
	s.places.Purge()
	return err
}

// Standing returns projects of a workspace that were not deleted, some at a time.
func (s *Service) Standing(ctx context.Context, workspaceID string) (ids []string, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw("SELECT id FROM projects WHERE workspace_id = ? AND deleted_at IS NULL ORDER BY id LIMIT 100", workspaceID).Scan(&ids).Error
	})
	return ids, err
}

// LeftOf returns how much all the projects of a workspace still have: those that are
// there, and those that were deleted.
func (s *Service) LeftOf(ctx context.Context, workspaceID string) (projects int, l *Left, err error) {
	l = &Left{}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Raw("SELECT count(*) FROM projects WHERE workspace_id = ?", workspaceID).Scan(&projects).Error; err != nil {
			return err //nolint:wrapcheck // below
		}
		return tx.Raw("WITH e AS (SELECT e.id FROM environments e JOIN projects p ON p.id = e.project_id WHERE p.workspace_id = @w) SELECT "+left, map[string]any{"w": workspaceID, "most": Most}).Scan(l).Error
	})
	if err != nil {
		return 0, nil, fmt.Errorf("count what is left: %w", err)
	}
	return projects, l, nil
}

// left counts what environments e still have.
const left = `(SELECT count(*) FROM (SELECT FROM triggers JOIN e ON e.id = environment_id LIMIT @most) n) AS triggers,
	(SELECT count(*) FROM (SELECT FROM external_users JOIN e ON e.id = environment_id LIMIT @most) n) AS users,
	(SELECT count(*) FROM (SELECT FROM revocations JOIN e ON e.id = environment_id WHERE finished_at IS NULL LIMIT @most) n) AS grants`

// Gone is an environment of a project that was deleted.
type Gone struct {
	Scope tenant.Scope
	Since time.Time
}

// Deleted returns the environments of projects that were deleted and are still to
// be cleared away, those of one project beside each other.
func (s *Service) Deleted(ctx context.Context) (all []Gone, err error) {
	var rows []struct {
		ID, ProjectID, Name string
		DeletedAt           time.Time
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT e.id, e.project_id, e.name, p.deleted_at FROM projects p JOIN environments e ON e.project_id = p.id
			WHERE p.deleted_at IS NOT NULL ORDER BY p.deleted_at, p.id, e.id LIMIT 100`).Scan(&rows).Error
	})
	for _, r := range rows {
		all = append(all, Gone{tenant.NewScope(r.ProjectID, r.ID, r.Name), r.DeletedAt})
	}
	return all, err
}

// Clear takes a deleted project away, and with it everything that is left in it.
func (s *Service) Clear(ctx context.Context, projectID string) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM projects WHERE id = ? AND deleted_at IS NOT NULL", projectID).Error; err != nil {
			return fmt.Errorf("delete project: %w", err)
		}
		return nil
	})
}

// Left is how much a project that was deleted still has: no count goes beyond Most.
type Left struct {
	Name      string
	DeletedAt time.Time
	Triggers  int // to be taken down at their apps
	Users     int
	Grants    int // of users, to be revoked at their apps
}

// Most is how far is counted of what is left.
const Most = 10_000

// Left returns what is left of a project of the workspace that was deleted, or
// ErrNotFound: then nothing is.
func (s *Service) Left(ctx context.Context, workspaceID, projectID string) (*Left, error) {
	l := &Left{}
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		res := tx.Raw(`WITH e AS (SELECT id FROM environments WHERE project_id = @p)
			SELECT name, deleted_at, `+left+`
			FROM projects WHERE workspace_id = @w AND id = @p AND deleted_at IS NOT NULL`,
			map[string]any{"w": workspaceID, "p": projectID, "most": Most}).Scan(l)
		return db.Affected(res, ErrNotFound)
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}
