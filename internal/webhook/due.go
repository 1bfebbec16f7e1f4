package webhook

import (
	"fmt"
	"time"

	"gorm.io/gorm"
)

// dueEndpoint is an endpoint at which something is due, with its owner.
type dueEndpoint struct{ EndpointID, EnvironmentID, ProjectID, Name string }

// mostDue is how many endpoints one sweep tells of.
const mostDue = 1000

// dueQuery steps through the index of what is pending, from one endpoint to the
// next, and reads the first entry of each: a million deliveries that wait for
// one receiver cost as much as one.
const dueQuery = `WITH RECURSIVE first AS (
		(SELECT endpoint_id, next_attempt_at, environment_id FROM deliveries WHERE state = 'pending' AND endpoint_id > ?
			ORDER BY endpoint_id, next_attempt_at, id LIMIT 1)
		UNION ALL
		SELECT n.* FROM first CROSS JOIN LATERAL (
			SELECT d.endpoint_id, d.next_attempt_at, d.environment_id FROM deliveries d WHERE d.state = 'pending' AND d.endpoint_id > first.endpoint_id
			ORDER BY d.endpoint_id, d.next_attempt_at, d.id LIMIT 1) n)
	SELECT f.endpoint_id, f.environment_id, e.project_id, e.name FROM first f
	JOIN webhook_endpoints w ON w.id = f.endpoint_id AND w.disabled_at IS NULL AND (w.open_until IS NULL OR w.open_until <= ?)
	JOIN environments e ON e.id = f.environment_id
	WHERE f.next_attempt_at <= ? AND f.environment_id NOT IN (SELECT environment_id FROM held_environments) ORDER BY f.endpoint_id LIMIT ?`

// findDue returns endpoints at which something is due, after the given one in
// the order of their ids, and the one from which to go on next time: "" when
// there are no more.
func findDue(tx *gorm.DB, after string, most int, now time.Time) (due []dueEndpoint, next string, err error) {
	if err := tx.Raw(dueQuery, after, now, now, most).Scan(&due).Error; err != nil {
		return nil, "", fmt.Errorf("find due deliveries: %w", err)
	}
	if len(due) == most {
		next = due[most-1].EndpointID
	}
	return due, next, nil
}
