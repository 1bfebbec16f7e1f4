package notify

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// Tell writes a notice of each event for each route that tells of it, in the
// transaction of the events, and returns the routes for the nudge after the
// commit. It costs nothing for what triggers emit, and one look at the routes
// for the rest.
func Tell(tx *gorm.DB, es []*event.Event) ([]string, error) {
	kinds := make([]event.Kind, len(es))
	told := false
	for i, e := range es {
		if e.Type != event.TriggerEmitted {
			k, ok := event.KindOf(e.Type)
			kinds[i], told = k, told || ok
		}
	}
	if !told {
		return nil, nil
	}
	var routes []Route
	err := tx.Select("id", "severities", "event_types").
		Where("enabled AND (environment IS NULL OR environment = (SELECT name FROM environments WHERE id = current_setting('app.environment_id')))").Find(&routes).Error
	if err != nil {
		return nil, fmt.Errorf("find notification routes: %w", err)
	}
	var rows []Notice
	var out []string
	for i := range routes {
		r, before := &routes[i], len(rows)
		for j, e := range es {
			if kinds[j].Type == "" || !r.hears(kinds[j]) {
				continue
			}
			rows = append(rows, Notice{
				ID: id.New("ntc"), RouteID: r.ID, Kind: kindEvent, EventID: e.ID, EventType: e.Type, Severity: kinds[j].Severity, Title: kinds[j].Title,
				State: Pending, NextAttemptAt: e.CreatedAt, CreatedAt: e.CreatedAt,
			})
		}
		if len(rows) > before {
			out = append(out, r.ID)
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	if err := tx.CreateInBatches(&rows, batch).Error; err != nil {
		return nil, fmt.Errorf("insert notices: %w", err)
	}
	return out, nil
}

// batch is how many rows one statement writes or reads.
const batch = 500
