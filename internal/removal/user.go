package removal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/trigger"
)

// forHooks is how long a caller waits for apps to take a user's webhooks down.
const forHooks = 20 * time.Second

// User deletes a user, and returns the id of the report of what is erased. First
// the user's triggers are taken down at their apps, as long as their accounts are
// there to do it with; a webhook that is left leads nowhere, and the report says so.
func (s *Service) User(ctx context.Context, scope tenant.Scope, externalID string) (report string, err error) {
	var ids []string
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		return tx.Raw("SELECT t.id FROM triggers t JOIN external_users u ON u.id = t.user_id WHERE u.external_id = ? ORDER BY t.id", externalID).Scan(&ids).Error
	})
	if err != nil {
		return "", fmt.Errorf("find a user's triggers: %w", err)
	}
	for until := s.Now().Add(forHooks); len(ids) > 0 && s.Now().Before(until); ids = ids[1:] {
		if err := s.Triggers.TakeDown(ctx, scope, ids[0], externalID); err != nil && !errors.Is(err, trigger.ErrNotFound) {
			slog.WarnContext(ctx, "a trigger was not taken down", "trigger", ids[0], "error", err) // it goes with the user
		}
	}
	return s.Accounts.DeleteUser(ctx, scope, externalID) //nolint:wrapcheck // a fault
}
