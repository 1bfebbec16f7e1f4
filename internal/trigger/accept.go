package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// offer is one request on its way to become an event.
type offer struct {
	scope tenant.Scope
	event *event.Event // its ExternalUserID is not known yet
}

// Limits of a batch of events.
const (
	acceptMost   = 256
	acceptAtOnce = 2
)

// Accept records a request, which must fit into a row, to a trigger's address as an event. When it returns
// without error the event is durable, and will be delivered. hops is how many
// of our own webhooks led to the request.
//
// Requests that come at the same moment, for whatever tenant, share a commit.
func (s *Service) Accept(ctx context.Context, scope tenant.Scope, triggerID string, request any, hops int) error {
	body, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	if s.Payloads.Large(len(body)) {
		return errLarge // to be verified, and kept elsewhere, before it is written
	}
	o := offer{scope, &event.Event{Type: event.TriggerEmitted, SubjectID: triggerID, Body: string(body), Hops: hops, CreatedAt: s.Now()}}
	result, err := s.together().Ask(ctx, o)
	if err != nil {
		return err
	}
	if errors.Is(result, errAlone) {
		return s.acceptAlone(ctx, o)
	}
	return result
}

// errIntake says that a trigger's settings have a say in what comes in, or that it
// starts workflows: it takes a transaction of its own.
var errIntake = errors.New("the trigger has settings")

// errAlone says that a batch was refused for the sake of one of it, which is
// found out by taking each alone; or that this one's order is kept, which takes
// a transaction of its own.
var errAlone = errors.New("take it alone")

func (s *Service) together() *db.Gather[offer, error] {
	s.gathering.Do(func() {
		s.gather = &db.Gather[offer, error]{Do: s.acceptMany, Most: acceptMost, AtOnce: acceptAtOnce}
	})
	return s.gather
}

func (s *Service) acceptMany(ctx context.Context, offers []offer) []error {
	out := make([]error, len(offers))
	var heard, left []webhook.Heard
	err := s.DB.Pipe(ctx, func(c *pgx.Conn) error {
		users, err := emitters(ctx, c, offers)
		if err != nil {
			return err
		}
		var es []webhook.Emission
		for i, o := range offers {
			user, active := users[emitter{o.scope.Environment(), o.event.SubjectID}]
			switch {
			case !active:
				out[i] = ErrInactive
				continue
			case user.intake:
				out[i] = errIntake
				continue
			}
			o.event.ExternalUserID = user.externalID
			es = append(es, webhook.Emission{EnvironmentID: o.scope.Environment(), Event: o.event})
		}
		if len(es) > 0 {
			heard, left, err = webhook.EmitMany(ctx, c, es)
		}
		return err
	})
	if err != nil {
		if _, refused := errors.AsType[*pgconn.PgError](err); refused && len(offers) > 1 {
			err = errAlone
		}
		for i := range out {
			if out[i] == nil {
				out[i] = err
			}
		}
		return out
	}
	scopes := map[string]tenant.Scope{}
	for i, o := range offers {
		if out[i] == nil && slices.Contains(left, webhook.Heard{EnvironmentID: o.scope.Environment(), ID: o.event.SubjectID}) {
			out[i] = errAlone
		}
		scopes[o.scope.Environment()] = o.scope
	}
	for _, h := range heard {
		s.Webhooks.NudgeSoon(ctx, scopes[h.EnvironmentID], h.ID)
	}
	return out
}

// emitter names a trigger with its owner.
type emitter struct{ environmentID, triggerID string }

// emitting is what Accept has to know of a trigger that is active.
type emitting struct {
	externalID string // the customer's own id of its user
	intake     bool   // it has settings, or starts workflows
}

// emitters returns the active ones of the offers' triggers.
func emitters(ctx context.Context, c *pgx.Conn, offers []offer) (map[emitter]emitting, error) {
	wanted := map[emitter]bool{}
	var environments, ids []string
	for _, o := range offers {
		at := emitter{o.scope.Environment(), o.event.SubjectID}
		if !wanted[at] {
			wanted[at], environments, ids = true, append(environments, at.environmentID), append(ids, at.triggerID)
		}
	}
	rows, err := c.Query(ctx, `SELECT t.environment_id, t.id, u.external_id,
			t.intake IS NOT NULL OR t.live_id IS NOT NULL OR EXISTS (SELECT FROM trigger_workflows w WHERE w.trigger_id = t.id) FROM unnest($1::text[], $2::text[]) AS r(environment_id, id)
		JOIN triggers t ON t.environment_id = r.environment_id AND t.id = r.id AND t.active
		JOIN external_users u ON u.environment_id = t.environment_id AND u.id = t.user_id`, environments, ids)
	if err != nil {
		return nil, fmt.Errorf("find triggers: %w", err)
	}
	found := make(map[emitter]emitting, len(ids))
	var at emitter
	var user emitting
	_, err = pgx.ForEachRow(rows, []any{&at.environmentID, &at.triggerID, &user.externalID, &user.intake}, func() error {
		found[at] = user
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find triggers: %w", err)
	}
	return found, nil
}

// acceptAlone writes one event in a transaction of its own.
func (s *Service) acceptAlone(ctx context.Context, o offer) error {
	var told effects
	err := s.DB.In(ctx, o.scope, func(tx *gorm.DB) error {
		t, err := db.One[Trigger](tx.Where("id = ? AND active", o.event.SubjectID), ErrInactive)
		if err != nil {
			return err
		}
		if t.Intake != nil {
			return errIntake
		}
		u, err := account.UserByID(tx, t.UserID)
		if err != nil {
			return err
		}
		o.event.ID, o.event.ExternalUserID = "", u.ExternalID
		told, err = s.emit(tx, o.scope, t, false, o.event)
		return err
	})
	if err != nil {
		return err
	}
	s.pass(ctx, o.scope, told)
	return nil
}
