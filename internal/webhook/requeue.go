package webhook

import (
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// Requeue makes deliveries due again in their order, the first at a time and each
// next one a gap later. Their ladder begins anew. One that is being sent, or no
// longer fits the filter, is passed over. With newIDs each is sent under a
// webhook-id that its receiver has not seen. It returns the endpoint of each, for
// Service.Nudge after the commit.
func Requeue(tx *gorm.DB, f *Filter, ids []string, newIDs bool, from time.Time, gap time.Duration) (endpoints []string, err error) {
	type one struct {
		ID string  `json:"id"`
		As *string `json:"as"`
	}
	rows := make([]one, len(ids))
	for i, d := range ids {
		rows[i] = one{d, renamed(newIDs)}
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return nil, fmt.Errorf("encode ids: %w", err)
	}
	err = tx.Raw(`UPDATE deliveries d SET state = 'pending', forgiven = attempts, finished_at = NULL, sent_as = COALESCE(n.row->>'as', d.sent_as),
			next_attempt_at = ?::timestamptz + (n.at - 1) * make_interval(secs => ?)
		FROM jsonb_array_elements(?::jsonb) WITH ORDINALITY AS n(row, at)
		WHERE d.id = n.row->>'id' AND d.state <> 'sending' AND ? IN ('', d.state) RETURNING d.endpoint_id`,
		from, gap.Seconds(), string(list), string(f.State)).Scan(&endpoints).Error
	if err != nil {
		return nil, fmt.Errorf("requeue deliveries: %w", err)
	}
	return endpoints, nil
}

// renamed returns an id to be sent under, if there shall be one.
func renamed(newIDs bool) *string {
	if !newIDs {
		return nil
	}
	return new(id.New("evt"))
}

// Events narrows a query of events to those that an endpoint would have heard of
// and that fit the filter, which names no delivery. A trigger's endpoint hears of
// its trigger; the project's of all that has no endpoint of its own, and of
// platform events only by their name.
func (f *Filter) Events(q *gorm.DB, to *Endpoint) *gorm.DB {
	q = q.Model(&event.Event{}).Where("secret IS NULL") // what a connect token's webhook alone is told
	if to.Level == LevelTrigger {
		q = q.Where("subject_id = ?", to.SubjectID)
	} else {
		q = q.Where("NOT EXISTS (SELECT FROM webhook_endpoints w WHERE w.level = 'trigger' AND w.subject_id = events.subject_id)")
	}
	if f.EventType != "" {
		q = q.Where("type = ?", f.EventType)
	} else {
		for _, k := range event.Kinds {
			if k.Platform {
				q = q.Where("type <> ?", k.Type)
			}
		}
	}
	if f.EventID != "" {
		q = q.Where("id = ?", f.EventID)
	}
	if f.ExternalUserID != "" {
		q = q.Where("external_user_id = ?", f.ExternalUserID)
	}
	return f.When(q, "evt")
}

// Target returns the endpoint that events are to be sent to. A token's is none:
// it hears of one connection.
func Target(tx *gorm.DB, endpointID string) (*Endpoint, error) {
	return db.One[Endpoint](tx.Where("id = ? AND level <> ?", endpointID, LevelToken), ErrNoWebhook)
}

// SendTo makes events due at an endpoint as Requeue does, whether or not they
// were to go there before. What has arrived is sent again only if the caller
// says so; what still waits is passed over. With newIDs each is sent under a
// webhook-id of its own. It returns how many are due.
func SendTo(tx *gorm.DB, to *Endpoint, es []event.Event, again, newIDs bool, now, from time.Time, gap time.Duration) (int, error) {
	if len(es) == 0 {
		return 0, nil
	}
	rows := make([]Delivery, len(es))
	for i, e := range es {
		rows[i] = to.delivery(&e)
		rows[i].NextAttemptAt, rows[i].CreatedAt = from.Add(time.Duration(i)*gap), now
		rows[i].SentAs = renamed(newIDs)
	}
	if err := number(tx, rows); err != nil {
		return 0, err
	}
	ended := []State{Exhausted, Discarded}
	if again {
		ended = append(ended, Delivered)
	}
	res := tx.Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "event_id"}, {Name: "endpoint_id"}},
		Where:   clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "deliveries.state IN ?", Vars: []any{ended}}}},
		DoUpdates: clause.Assignments(map[string]any{
			"state": Pending, "finished_at": nil, "forgiven": gorm.Expr("deliveries.attempts"), "next_attempt_at": gorm.Expr("excluded.next_attempt_at"),
			"sent_as": gorm.Expr("COALESCE(excluded.sent_as, deliveries.sent_as)"),
		}),
	}).CreateInBatches(&rows, batch)
	if res.Error != nil {
		return 0, fmt.Errorf("insert deliveries: %w", res.Error)
	}
	return int(res.RowsAffected), nil
}
