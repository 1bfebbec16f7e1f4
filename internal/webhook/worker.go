package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// attempt sends one delivery and says what came of it. It returns no error: a
// failure is an outcome like any other.
func (s *Service) attempt(ctx context.Context, scope tenant.Scope, m *means, d *leased) outcome {
	began := s.Now()
	o := outcome{ID: d.ID, LeaseID: d.LeaseID, AttemptID: id.New("att"), Number: d.Attempts, StartedAt: began}
	a, err := s.send(ctx, scope, m, d, began)
	ended := s.Now()
	o.Duration, o.Excerpt, o.wish, o.Sent, o.Heard, o.Remote = int(ended.Sub(began).Milliseconds()), a.excerpt, a.wish, a.sent, a.heard, a.remote
	if a.status != 0 {
		o.Status = &a.status
	}
	if err == nil && a.status >= 200 && a.status < 300 {
		o.State = Delivered
		s.Metrics.Deliveries.WithLabelValues("delivered").Inc()
		s.Metrics.Lateness.Observe(ended.Sub(d.CreatedAt).Seconds())
		return o
	}
	class := classOf(err)
	o.Error, o.probe = &class, m.endpoint.probing()
	s.decide(&o, &d.Delivery, m.endpoint, err, ended)
	slog.InfoContext(ctx, "delivery failed", "delivery", d.ID, "attempt", d.Attempts, "status", a.status, "class", class, "state", o.State)
	return o
}

// decide says what becomes of a delivery after a failure.
func (s *Service) decide(o *outcome, d *Delivery, e *Endpoint, err error, now time.Time) {
	wait, more := backoff(e.ladder(s.Ladder), d.Attempts-d.Forgiven, o.wish)
	var counted string
	switch {
	case errors.Is(err, egress.ErrProxy): // the way out is at fault, and not the receiver
		s.holds.hold(e.ID, now)
		at := now.Add(proxyPause)
		o.State, o.NextAt, o.Free, o.ours, counted = Pending, &at, true, true, "held"
	case errors.Is(err, event.ErrStore): // the store of payloads is
		at := now.Add(storePause)
		o.State, o.NextAt, o.Free, o.ours, counted = Pending, &at, true, true, "held"
	case more && o.probe: // its endpoint waits, and it with it
		o.State, o.Free, counted = Pending, true, "probed"
	case more:
		at := now.Add(wait)
		o.State, o.NextAt, counted = Pending, &at, "retried"
	default:
		o.State, counted = Exhausted, "exhausted"
	}
	o.ours = o.ours || errors.Is(err, event.ErrPayloadGone) // it is tried again, for a store may have been put back
	s.Metrics.Deliveries.WithLabelValues(counted).Inc()
}

// storePause is how long a delivery waits whose payload could not be fetched.
const storePause = 30 * time.Second

// classOf names a failure; one without an error is in the answer's status.
func classOf(err error) string {
	switch {
	case err == nil:
		return "status"
	case errors.Is(err, event.ErrPayloadGone):
		return "payload_missing"
	case errors.Is(err, event.ErrStore):
		return "payload_store"
	default:
		return egress.Class(err)
	}
}

func (s *Service) send(ctx context.Context, scope tenant.Scope, m *means, d *leased, now time.Time) (answer, error) {
	if m.unfit != nil {
		return answer{}, m.unfit
	}
	e := &d.event
	p := parcel{scope: scope, endpoint: m.endpoint, keys: m.keys, own: m.own, event: e, log: s.Projects.Redactions(ctx, scope)}
	if e.Secret != nil {
		plain, err := s.Box.Open(e.Secret, event.Associated(e.ID))
		if err != nil {
			return answer{}, fmt.Errorf("open event secret: %w", err)
		}
		p.plain = string(plain)
	}
	held, err := s.fetch(ctx, &p)
	defer s.loads.release(held)
	if err != nil {
		return answer{}, err
	}
	if d.SentAs != nil {
		p.rename(*d.SentAs)
	}
	return p.send(context.WithoutCancel(ctx), m.client, now) // a stop lets it end: see Drain
}
