package webhook

import (
	"fmt"
	"net/url"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// What becomes of endpoints and of what is sent to them is an event like any
// other, written where it is found out. No endpoint hears of itself, and that
// a delivery of such an event was given up is no event again: nothing goes round.

// warnAfter is after how much failing an endpoint is told of, for the first time and again.
var warnAfter = []time.Duration{24 * time.Hour, 3 * 24 * time.Hour}

// news returns the types of the events that tell of what became of the endpoint.
func (e *Endpoint) news(before *Endpoint, now time.Time) (types []string) {
	if e.FailingSince == nil {
		e.Warned = 0
		if e.Told && e.DisabledAt == nil {
			e.Told, types = false, append(types, event.EndpointRecovered)
		}
		return types
	}
	if before.DisabledAt == nil && e.DisabledAt != nil {
		e.Told = true
		return append(types, event.EndpointDisabled)
	}
	due := 0
	for _, d := range warnAfter {
		if now.Sub(*e.FailingSince) >= d {
			due++
		}
	}
	if due > e.Warned { // one that nobody tried for days is told of once
		e.Warned, e.Told = due, true
		types = append(types, event.EndpointFailing)
	}
	return types
}

// announce writes the events and returns the endpoints that hear of them.
func (s *Service) announce(tx *gorm.DB, scope tenant.Scope, e *Endpoint, news []string, outcomes []outcome, now time.Time) ([]string, error) {
	var es []*event.Event
	for _, t := range news {
		es = append(es, &event.Event{Type: t, SubjectID: e.ID, CreatedAt: now})
	}
	bodies := make([]map[string]any, len(es))
	for i := range bodies {
		bodies[i] = map[string]any{"endpoint": e.shown()}
	}
	given, err := exhausted(tx, outcomes)
	if err != nil {
		return nil, err
	}
	for i := range given {
		d := &given[i]
		es = append(es, &event.Event{Type: event.DeliveryExhausted, SubjectID: e.ID, ExternalUserID: d.ExternalUserID, CreatedAt: now})
		bodies = append(bodies, map[string]any{"endpoint": e.shown(), "delivery": map[string]any{
			"id": d.ID, "event_id": d.EventID, "event_type": d.EventType, "attempts": d.Attempts, "last_status": d.LastStatus, "last_error": d.LastError,
			"created_at": d.CreatedAt.UTC().Format(event.Millis),
		}})
	}
	for i, x := range es {
		if err := x.Fill(scope.EnvironmentName(), bodies[i]); err != nil {
			return nil, err
		}
	}
	return EmitAll(tx, es, To{Project: true})
}

// exhausted returns those of the outcomes' deliveries that were given up by
// them, without those that told of an endpoint or of a delivery themselves.
func exhausted(tx *gorm.DB, outcomes []outcome) (rows []Delivery, err error) {
	var ids []string
	for _, o := range outcomes {
		if o.State == Exhausted {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if err := tx.Where("id IN ? AND state = ?", ids, Exhausted).Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("load exhausted deliveries: %w", err)
	}
	out := rows[:0]
	for _, d := range rows {
		if k, _ := event.KindOf(d.EventType); !k.Platform {
			out = append(out, d)
		}
	}
	return out, nil
}

// shown is what events tell of an endpoint.
func (e *Endpoint) shown() map[string]any {
	out := map[string]any{
		"id": e.ID, "url": bare(e.URL), "description": e.Description, "status": e.Status(), "failures": e.Failures,
		"failing_since": nil, "disabled_reason": e.DisabledReason,
	}
	if e.FailingSince != nil {
		out["failing_since"] = e.FailingSince.UTC().Format(event.Millis)
	}
	return out
}

// bare is a URL without its query, in which receivers like to have their keys.
func bare(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	u.RawQuery, u.Fragment = "", ""
	return u.String()
}
