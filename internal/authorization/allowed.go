package authorization

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

func authorizationByID(tx *gorm.DB, authorizationID string) (*Authorization, error) {
	return db.One[Authorization](read(tx).Where("mcp_authorizations.id = ?", authorizationID), ErrNotFound)
}

// read selects authorizations with the names of their users and profiles.
func read(tx *gorm.DB) *gorm.DB {
	return tx.Select("mcp_authorizations.*, u.external_id AS external_user_id, t.name AS profile").Joins("JOIN external_users u ON u.id = mcp_authorizations.user_id").
		Joins("LEFT JOIN tool_profiles t ON t.id = mcp_authorizations.profile_id")
}

// List returns an environment's authorizations, newest first; of one user, if one is named.
func (s *Service) List(ctx context.Context, scope tenant.Scope, externalUserID string, c db.Cursor) (page *db.Page[Authorization], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := read(tx)
		if externalUserID != "" {
			q = q.Where("u.external_id = ?", externalUserID)
		}
		page, err = db.List(q, c, func(a *Authorization) string { return a.ID })
		return err
	})
	return page, err
}

// Revoke takes an authorization back, with its tokens: they are good no more at once.
// The user is asked anew before the client comes back.
func (s *Service) Revoke(ctx context.Context, scope tenant.Scope, authorizationID string) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		a, err := authorizationByID(tx, authorizationID)
		if err != nil {
			return err
		}
		return s.revoke(tx, a)
	})
}

func (s *Service) revoke(tx *gorm.DB, a *Authorization) error {
	if err := db.Affected(tx.Delete(&Authorization{ID: a.ID}), ErrNotFound); err != nil {
		return err //nolint:wrapcheck // a fault
	}
	return audit.Record(tx, s.Now(), audit.Entry{Action: audit.MCPRevoked, Subject: a.ID, ExternalUserID: a.ExternalUserID, Details: map[string]any{"client_id": a.ClientID, "client": a.ClientName}}) //nolint:wrapcheck // says what it did
}

// Sweep deletes what is over: requests after a day, tokens a day after their end, and
// clients that registered themselves and were not seen for long.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now()
	if now.UnixNano()-s.swept.Load() < int64(time.Minute) {
		return nil
	}
	day := now.Add(-24 * time.Hour)
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		for statement, until := range map[string]time.Time{
			"DELETE FROM mcp_requests WHERE id IN (SELECT id FROM mcp_requests WHERE created_at < ? LIMIT 1000 FOR UPDATE SKIP LOCKED)": day,
			"DELETE FROM mcp_tokens WHERE id IN (SELECT id FROM mcp_tokens WHERE expires_at < ? LIMIT 1000 FOR UPDATE SKIP LOCKED)":     day,
			"DELETE FROM mcp_clients WHERE id IN (SELECT id FROM mcp_clients WHERE used_at < ? LIMIT 1000 FOR UPDATE SKIP LOCKED)":      now.Add(-unused),
		} {
			if err := tx.Exec(statement, until).Error; err != nil {
				return fmt.Errorf("delete what is over of mcp clients: %w", err)
			}
		}
		return nil
	})
	if err == nil {
		s.swept.Store(now.UnixNano())
	}
	return err
}
