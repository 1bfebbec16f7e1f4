package webhook

import (
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/notify"
)

// To says who hears of an event.
type To struct {
	URL     string // the webhook_uri of a connect token
	Trigger string // a trigger: its own endpoints, or else the project's
	Project bool   // the project's; each hears of what it asked for
}

// Emit records the event and a delivery for each endpoint that hears of it. It
// returns the endpoints, which the caller hands to Service.Nudge after the commit.
func Emit(tx *gorm.DB, e *event.Event, to To) ([]string, error) {
	return EmitAll(tx, []*event.Event{e}, to)
}

// batch is how many rows one statement writes.
const batch = 500

// EmitAll is Emit for events of which the same are told. The routes along which
// people are told of them are among what it returns.
func EmitAll(tx *gorm.DB, es []*event.Event, to To) ([]string, error) {
	endpoints, err := emitAll(tx, es, to)
	if err != nil {
		return nil, err
	}
	routes, err := notify.Tell(tx, es)
	return append(endpoints, routes...), err
}

func emitAll(tx *gorm.DB, es []*event.Event, to To) ([]string, error) {
	if len(es) == 0 {
		return nil, nil
	}
	if err := event.Emit(tx, es...); err != nil {
		return nil, err
	}
	all, err := hearers(tx, es[0].CreatedAt, to)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	rows, ids := make([]Delivery, 0, len(es)*len(all)), []string(nil)
	for i := range all {
		before := len(rows)
		for _, e := range es {
			if all[i].hears(e) {
				rows = append(rows, all[i].delivery(e))
			}
		}
		if len(rows) > before {
			ids = append(ids, all[i].ID)
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	if err := number(tx, rows); err != nil {
		return nil, err
	}
	if err := tx.CreateInBatches(&rows, batch).Error; err != nil {
		return nil, fmt.Errorf("insert deliveries: %w", err)
	}
	return ids, nil
}

// hears reports whether the endpoint is told of e: of what it asked for, and
// never of itself.
func (x *Endpoint) hears(e *event.Event) bool {
	return e.SubjectID != x.ID && (x.Level == LevelToken || hears(x.EventTypes, e.Type))
}

func (x *Endpoint) delivery(e *event.Event) Delivery {
	return Delivery{
		ID: id.New("dlv"), EventID: e.ID, EndpointID: x.ID, EventType: e.Type, ExternalUserID: e.ExternalUserID, OrderingKey: x.orderingKey(e),
		State: Pending, NextAttemptAt: e.CreatedAt, CreatedAt: e.CreatedAt,
	}
}

// hearers returns whom to asks for, whatever they want to hear.
func hearers(tx *gorm.DB, now time.Time, to To) (out []Endpoint, err error) {
	if to.URL != "" {
		row := newEndpoint(LevelToken, "", to.URL, now)
		// A token names its URL afresh, so an endpoint that had said it was gone is sent to again.
		err = tx.Clauses(clause.Returning{Columns: []clause.Column{{Name: "id"}}}, clause.OnConflict{
			Columns:   []clause.Column{{Name: "environment_id"}, {Name: "level"}, {Name: "subject_id"}, {Name: "url"}},
			DoUpdates: clause.Assignments(map[string]any{"disabled_at": nil, "disabled_reason": nil}),
		}).Create(&row).Error
		out = append(out, row)
	}
	project := to.Project
	find := func(rows *[]Endpoint, where string, args ...any) error {
		return tx.Select("id", "level", "event_types", "ordering", "ordering_path").Where(where, args...).Find(rows).Error
	}
	if to.Trigger != "" && err == nil {
		err = find(&out, "level = ? AND subject_id = ?", LevelTrigger, to.Trigger)
		project = len(out) == 0
	}
	if project && err == nil {
		var rows []Endpoint
		err = find(&rows, "level = ?", LevelProject)
		out = append(out, rows...)
	}
	if err != nil {
		return nil, fmt.Errorf("find endpoints: %w", err)
	}
	return out, nil
}
