package account

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/rename"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// RenameUser gives a user another id of the customer's own. All that they have is found
// by it at once; what happened to them follows. Who asks again is told of the same.
func (s *Service) RenameUser(ctx context.Context, scope tenant.Scope, from, to string) (r *rename.Rename, err error) {
	var accounts []string
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		// The row is locked: an account that is connected at this moment waits for it.
		u, err := db.One[User](tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("external_id = ?", from), ErrUserNotFound)
		if errors.Is(err, ErrUserNotFound) {
			if done, failed := rename.Done(tx, scope, from, to); failed != nil || done != nil {
				r = done
				return failed //nolint:wrapcheck // it says what it is
			}
		}
		if err != nil {
			return err
		}
		now := s.Now()
		if r, err = rename.Begin(tx, scope, u.ID, from, to, now); err != nil {
			return err //nolint:wrapcheck // a fault
		}
		err = tx.Model(u).UpdateColumns(map[string]any{"external_id": to, "updated_at": now}).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return rename.ErrTaken // they came a moment ago
		}
		if err != nil {
			return fmt.Errorf("rename user: %w", err)
		}
		if err := tx.Raw("SELECT id FROM accounts WHERE user_id = ?", u.ID).Scan(&accounts).Error; err != nil {
			return fmt.Errorf("list a user's accounts: %w", err)
		}
		return audit.Record(tx, now, audit.Entry{
			Action: audit.UserRenamed, Subject: u.ID, ExternalUserID: to,
			Details: audit.Changes(audit.View{"external_id": from}, audit.View{"external_id": to}),
		})
	})
	if err != nil {
		return nil, err
	}
	s.Changed(ctx, accounts...)
	return r, nil
}
