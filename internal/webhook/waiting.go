package webhook

import (
	"fmt"

	"gorm.io/gorm"
)

// Waiting returns how many deliveries wait at the endpoints that hear of a
// trigger, counted up to most.
func Waiting(tx *gorm.DB, triggerID string, most int) (n int, err error) {
	err = tx.Raw(`WITH own AS (SELECT id FROM webhook_endpoints WHERE level = 'trigger' AND subject_id = @trigger),
		hearing AS (SELECT id FROM own UNION ALL SELECT id FROM webhook_endpoints WHERE level = 'project' AND NOT EXISTS (SELECT FROM own))
		SELECT count(*) FROM (SELECT FROM deliveries WHERE state = 'pending' AND endpoint_id IN (SELECT id FROM hearing) LIMIT @most) w`,
		map[string]any{"trigger": triggerID, "most": most}).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count what waits: %w", err)
	}
	return n, nil
}
