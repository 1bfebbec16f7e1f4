package webhook

import (
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// To says who hears of an event.
type To struct {
	URL     string // the webhook_uri of a connect token
	Trigger string // a trigger: its own endpoints, or else the project's
	Project bool   // the project's
}

// Emit records the event and a delivery for each endpoint that hears of it. It
// returns the endpoints, which the caller hands to Service.Nudge after the commit.
func Emit(tx *gorm.DB, e *event.Event, to To) ([]string, error) {
	return EmitAll(tx, []*event.Event{e}, to)
}

// batch is how many rows one statement writes.
const batch = 500

// EmitAll is Emit for events that the same endpoints hear of.
func EmitAll(tx *gorm.DB, es []*event.Event, to To) ([]string, error) {
	if len(es) == 0 {
		return nil, nil
	}
	if err := event.Emit(tx, es...); err != nil {
		return nil, err
	}
	endpoints, err := hearers(tx, es[0].CreatedAt, to)
	if err != nil || len(endpoints) == 0 {
		return nil, err
	}
	rows := make([]Delivery, 0, len(es)*len(endpoints))
	for _, e := range es {
		for _, endpoint := range endpoints {
			rows = append(rows, Delivery{
				ID: id.New("dlv"), EventID: e.ID, EndpointID: endpoint, EventType: e.Type, ExternalUserID: e.ExternalUserID,
				State: Pending, NextAttemptAt: e.CreatedAt, CreatedAt: e.CreatedAt,
			})
		}
	}
	if err := tx.CreateInBatches(&rows, batch).Error; err != nil {
		return nil, fmt.Errorf("insert deliveries: %w", err)
	}
	return endpoints, nil
}

func hearers(tx *gorm.DB, now time.Time, to To) (ids []string, err error) {
	if to.URL != "" {
		row := newEndpoint(LevelToken, "", to.URL, now)
		// A token names its URL afresh, so an endpoint that had said it was gone is sent to again.
		err = tx.Clauses(clause.Returning{Columns: []clause.Column{{Name: "id"}}}, clause.OnConflict{
			Columns:   []clause.Column{{Name: "environment_id"}, {Name: "level"}, {Name: "subject_id"}, {Name: "url"}},
			DoUpdates: clause.Assignments(map[string]any{"disabled_at": nil, "disabled_reason": nil}),
		}).Create(&row).Error
		ids = []string{row.ID}
	}
	if to.Trigger != "" {
		err = tx.Model(&Endpoint{}).Where("level = ? AND subject_id = ?", LevelTrigger, to.Trigger).Pluck("id", &ids).Error
		if err == nil && len(ids) == 0 {
			err = tx.Model(&Endpoint{}).Where("level = ?", LevelProject).Pluck("id", &ids).Error
		}
	}
	if to.Project {
		err = tx.Model(&Endpoint{}).Where("level = ?", LevelProject).Pluck("id", &ids).Error
	}
	if err != nil {
		return nil, fmt.Errorf("find endpoints: %w", err)
	}
	return ids, nil
}
