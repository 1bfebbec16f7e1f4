package trigger

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/action"
)

// blame notes why something of a trigger that is gone may be left at the app.
func blame(tx *gorm.DB, triggerID string, failed error) error {
	why := action.FailureOf(failed).Message
	if err := tx.Exec("UPDATE trigger_orphans SET error = ?, attempts = 1 WHERE trigger_id = ?", why, triggerID).Error; err != nil {
		return fmt.Errorf("note orphan: %w", err)
	}
	return nil
}
