package retention

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
)

// shorts are what a project may keep for less time than the installation does,
// with the days that say so. Attempts go with their deliveries.
var shorts = []struct {
	days          func(*owner) int
	prefix, table string
	gone          string
}{
	{events, "dlv", "deliveries", "x.state IN ('delivered', 'exhausted', 'discarded') AND x.finished_at < @before"},
	{events, "evt", "events", "x.created_at < @before AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = x.id)"},
	{logs, "preq", "proxy_requests", "x.created_at < @before"},
	{logs, "arun", "action_runs", "x.created_at < @before AND x.finished_at IS NOT NULL"},
	{logs, "cs", "connect_sessions", "x.created_at < @before"},
}

func events(o *owner) int { return o.EventDays }
func logs(o *owner) int   { return o.LogDays }

// shorter deletes what an environment keeps for less time than the installation,
// up to a number of each kind, and reports whether that was all.
func (s *Service) shorter(ctx context.Context, o owner, now time.Time) (whole bool, err error) {
	whole = true
	for _, x := range shorts {
		days := x.days(&o)
		if days <= 0 {
			continue
		}
		before := now.Add(-time.Duration(days) * day)
		err := s.DB.System(ctx, func(tx *gorm.DB) error {
			res := tx.Exec("DELETE FROM "+x.table+" WHERE id IN (SELECT x.id FROM "+x.table+" x WHERE x.environment_id = @env AND x.id < @id AND "+x.gone+" LIMIT @most FOR UPDATE SKIP LOCKED)",
				map[string]any{"env": o.ID, "id": id.At(x.prefix, before.Add(drift)), "before": before, "most": most})
			whole = whole && res.RowsAffected < most
			return res.Error
		})
		if err != nil {
			return false, fmt.Errorf("delete old %s: %w", x.table, err)
		}
	}
	return whole, nil
}
