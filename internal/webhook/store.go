package webhook

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
)

// What holds for an endpoint of which nothing else was said.
const (
	inFlight    = 16 // deliveries under way at once
	sendTimeout = 10 * time.Second
)

// leaseMargin is how much longer than the longest send a lease is, so that only
// a dead worker loses one.
const leaseMargin = 10 * time.Second

func eventsOf(tx *gorm.DB, deliveries []Delivery) (map[string]event.Event, error) {
	ids := make([]string, len(deliveries))
	for i, d := range deliveries {
		ids[i] = d.EventID
	}
	var rows []event.Event
	// LIMIT makes it one look-up for each: a list the planner might answer by reading all of the environment's.
	err := tx.Raw(`SELECT e.* FROM unnest(string_to_array(?, ',')) AS r(id) CROSS JOIN LATERAL (SELECT * FROM events WHERE id = r.id LIMIT 1) e`,
		strings.Join(ids, ",")).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("load events: %w", err)
	}
	byID := make(map[string]event.Event, len(rows))
	for _, e := range rows {
		byID[e.ID] = e
	}
	return byID, nil
}

func projectEndpoint(tx *gorm.DB) (*Endpoint, error) {
	e, err := db.One[Endpoint](tx.Where("main"), ErrNoWebhook)
	if errors.Is(err, ErrNoWebhook) {
		return nil, nil
	}
	return e, err
}
