package trigger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// patience is how long a request waits for those before it.
const patience = 20 * time.Second

// called gives a request to a source that is code, one after another. The caller is
// answered by the component, where it says so, at once when it does; by us when its
// run is over, since only then is what became of the request durable.
func (s *Service) called(ctx context.Context, scope tenant.Scope, t *Trigger, c *component.Component, a *intake.Arrival) (*intake.Answer, error) {
	ctx = context.WithoutCancel(ctx) // a caller that hangs up does not undo what was begun
	l, err := s.turnOf(ctx, scope, t.ID)
	if err != nil {
		return nil, err
	}
	h, err := s.begin(ctx, l)
	if err != nil || h == nil {
		return nil, errors.Join(err, ErrNotReady)
	}
	h.c = c
	call := a.Call()
	h.request = map[string]any{
		"method": call.Method, "path": call.Path, "query": call.Query, "headers": call.Headers, "body": call.Body, "bodyRaw": string(a.Request.Body), "client_ip": call.ClientIP,
	}
	custom := propOf(c, httpProp).CustomResponse
	said, over := make(chan runner.Response, 1), make(chan error, 1)
	h.respond = func(r runner.Response) { said <- r } // once in a run
	go func() { over <- h.heard(ctx, a.Hops) }()
	select {
	case r := <-said:
		if custom {
			return answerOf(r), nil
		}
		err = <-over
	case err = <-over:
		select {
		case r := <-said:
			if custom && err == nil {
				return answerOf(r), nil
			}
		default:
		}
	}
	if err != nil {
		return nil, err
	}
	return intake.Say(map[string]string{"status": intake.Accepted})
}

func answerOf(r runner.Response) *intake.Answer {
	return &intake.Answer{Status: r.Status, Headers: safe(r.Headers), Body: string(r.Body)}
}

// safe are those headers of a component's answer that are not the server's to say.
func safe(headers map[string]string) map[string]string {
	out := make(map[string]string, len(headers))
	for k, v := range headers {
		switch k := http.CanonicalHeaderKey(k); k {
		case "Connection", "Content-Length", "Date", "Keep-Alive", "Set-Cookie", "Strict-Transport-Security", "Trailer", "Transfer-Encoding", "Upgrade":
		default:
			out[k] = v
		}
	}
	return out
}

// turnOf waits until nobody else has the source, and takes it.
func (s *Service) turnOf(ctx context.Context, scope tenant.Scope, triggerID string) (look, error) {
	l := look{ID: triggerID, EnvironmentID: scope.Environment(), ProjectID: scope.Project(), Name: scope.EnvironmentName(), LeaseID: id.New("lease")}
	late := time.NewTimer(patience)
	defer late.Stop()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		now, held := s.Now(), false
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			res := tx.Model(&Source{}).Where("id = ? AND lease_until <= ? AND phase = ?", triggerID, now, On).
				Updates(map[string]any{"lease_id": l.LeaseID, "lease_until": now.Add(lookLease)})
			held = res.RowsAffected == 1
			return res.Error
		})
		if err != nil {
			return l, fmt.Errorf("claim source: %w", err)
		}
		if held {
			return l, nil
		}
		select {
		case <-late.C:
			return l, ErrNotReady
		case <-time.After(pause):
		}
	}
}

// heard runs the component with the request and writes down what came of it. That
// the component failed is the source's matter, and no error.
func (h *held) heard(ctx context.Context, hops int) error {
	out, err := h.call(ctx, h.shape(), func(p Program) func(context.Context, *Turn) (*Outcome, error) { return p.Run })
	if err != nil {
		out = &Outcome{Failed: err}
	}
	return h.finish(ctx, func(_ *gorm.DB, src *Source) ([]*event.Event, error) {
		now := h.s.Now()
		how, memory := dedupe(h.c)
		es, look, err := src.fresh(h.t, h.user, how, memory, out.Events, now)
		if err != nil {
			es, look, out.Failed = nil, &Look{At: now}, err
		}
		for _, e := range es {
			e.Hops = hops
		}
		src.LookedAt = &now
		src.calm()
		if out.Failed != nil {
			src.fail(fmt.Errorf("run of %s: %w", src.ID, out.Failed), now)
			look.Error = *src.Error
		}
		look.Kind = ByRequest
		h.note(*look)
		return es, h.remember(src)
	})
}

// source returns the trigger of an address and its component, if that is code.
func (s *Service) source(ctx context.Context, scope tenant.Scope, triggerID string) (t *Trigger, c *component.Component, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		t, err = db.One[Trigger](tx.Where("id = ? AND active", triggerID), ErrInactive)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	c, err = s.Components.Kept(ctx, scope.Project(), component.Trigger, t.ComponentKey, t.Version)
	if err != nil || c.Code == nil || propOf(c, httpProp) == nil {
		return t, nil, err //nolint:wrapcheck // a fault
	}
	return t, c, nil
}
