package notify

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Tried is what came of a test of a route.
type Tried struct {
	Outcome

	EventType string
	Took      time.Duration
}

// Test sends a sample to a route, whether it is muted or on or not, and says
// what came of it. One that arrives closes the breaker.
func (s *Service) Test(ctx context.Context, scope tenant.Scope, routeID string) (*Tried, error) {
	var r *Route
	var m *Message
	now := s.Now()
	out := &Tried{EventType: event.WorkflowFailed}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		if r, err = one(tx, scope, routeID); err != nil {
			return err
		}
		w, err := s.where(tx, scope)
		if err != nil {
			return err
		}
		for _, k := range event.Kinds { // the last that is told of is as good as any other
			if k.Type != event.TriggerEmitted && r.hears(k) {
				out.EventType = k.Type
			}
		}
		m = w.sample(r, out.EventType, now)
		m.ID, m.Test = id.New("ntc"), true
		return nil
	})
	if err != nil {
		return nil, err
	}
	t, err := s.open(r)
	if err != nil {
		return nil, err
	}
	out.Outcome = s.send(ctx, r, t, []*Message{m})
	out.Took = s.Now().Sub(now)
	if !out.Sent() && out.Code != NotFound {
		return out, nil // what a test failed of says nothing new of what is under way
	}
	err = s.DB.In(context.WithoutCancel(ctx), scope, func(tx *gorm.DB) error {
		if r, err = one(tx, scope, routeID); err != nil {
			return err
		}
		return s.heard(tx, r, &out.Outcome, s.Now())
	})
	if err != nil {
		return nil, err
	}
	s.Queue.Nudge(ctx, TaskSend, scope, routeID)
	return out, nil
}

// Preview returns what a channel would be sent for an event of a type: the JSON
// of the request, or a Letter.
func (s *Service) Preview(ctx context.Context, scope tenant.Scope, c Channel, eventType, runbookURL string) (payload any, err error) {
	if k, ok := event.KindOf(eventType); !ok || k.Type == event.TriggerEmitted {
		return nil, ErrTypes
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		w, err := s.where(tx, scope)
		if err != nil {
			return err
		}
		m := w.sample(&Route{RunbookURL: runbookURL, TimeZone: "UTC"}, eventType, s.Now())
		m.ID = "ntc_example"
		payload, err = form(c, []*Message{m})
		return err
	})
	return payload, err
}

func (s *Service) where(tx *gorm.DB, scope tenant.Scope) (*where, error) {
	p, err := project.Current(tx)
	if err != nil {
		return nil, err
	}
	return &where{projectID: p.ID, project: p.Name, environment: scope.EnvironmentName(), publicURL: s.PublicURL}, nil
}
