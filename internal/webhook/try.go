package webhook

import (
	"context"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ErrEventType is returned for a type of events that there is not.
var ErrEventType = fault.New(fault.Invalid, "event_type", "There is no such type of event. GET /v1/event_types lists them.").At("event_type")

// Trial is what came of a sample that was sent at once.
type Trial struct {
	Attempt

	EventID string
	Body    string
}

// Try sends an endpoint a sample of a type of events, signed like any delivery,
// and says at once what came of it. Nothing is written down: neither an event
// nor a delivery, nor what it says of the receiver. An endpoint that is disabled
// can be tried as well.
func (s *Service) Try(ctx context.Context, scope tenant.Scope, endpointID, eventType string) (*Trial, error) {
	now := s.Now()
	p := parcel{scope: scope, test: true, event: &event.Event{ID: id.New("evt"), Type: eventType, ExternalUserID: "user-1", CreatedAt: now}}
	var known bool
	if p.event.SubjectID, p.event.Body, known = event.Sample(eventType, p.event.ID, scope.EnvironmentName(), now); !known {
		return nil, ErrEventType
	}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		if p.endpoint, err = db.One[Endpoint](own(tx).Where("id = ?", endpointID), ErrNoEndpoint); err != nil {
			return err
		}
		p.keys, err = keysOf(tx, s.Box, p.endpoint, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	client, own, err := s.means(p.endpoint)
	if err != nil {
		return nil, err
	}
	p.own = own
	t := Trial{EventID: p.event.ID}
	if t.Body, err = p.body(); err != nil {
		return nil, err
	}
	a, err := p.send(ctx, client, now)
	t.Attempt = attemptOf(&a, err, now, s.Now())
	return &t, nil
}
