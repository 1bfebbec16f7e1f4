package trigger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/operation"
)

// operated is the Program of components that are files.
type operated struct{}

func (operated) job(t *Turn) *operation.Job {
	j := &operation.Job{
		Component: t.Component, Props: t.Props, State: t.State, Now: t.Now, ID: t.ID, Do: t.Do,
		Hook: map[string]any{"url": t.URL, "secret": t.Secret}, Known: t.Known,
	}
	if t.Account != nil {
		j.Vars = t.Account.Vars
	}
	return j
}

// Deploy tells of nothing: what is there already a first look finds.
func (operated) Deploy(context.Context, *Turn) (*Outcome, error) { return &Outcome{}, nil }

// Activate has the app call a hook's address.
func (o operated) Activate(ctx context.Context, t *Turn) (*Outcome, error) {
	h := t.Component.Operation.Hook
	if h == nil {
		return &Outcome{}, nil
	}
	j := o.job(t)
	j.State = nil
	state, err := j.Subscribe(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // its caller tells what it is
	}
	return &Outcome{State: state, NextAt: renewal(h, state)}, nil
}

// Run looks for what is new; the subscription of a hook it renews.
func (o operated) Run(ctx context.Context, t *Turn) (*Outcome, error) {
	h, j := t.Component.Operation.Hook, o.job(t)
	if h == nil {
		events, state, err := j.Poll(ctx)
		if errors.Is(err, operation.ErrUnchanged) {
			return &Outcome{Unchanged: true}, nil
		}
		return &Outcome{Events: events, State: state, Beyond: j.Beyond}, err //nolint:wrapcheck // its caller tells what it is
	}
	if h.Renew != nil && h.Renew.Request != nil && !over(t) {
		state, err := j.Renew(ctx)
		if e, ok := errors.AsType[*operation.Error](err); ok && (e.Status == http.StatusNotFound || e.Status == http.StatusGone) {
			return o.Activate(ctx, t) // it ended before its time
		}
		if err != nil {
			return nil, err //nolint:wrapcheck // its caller tells what it is
		}
		return &Outcome{State: state, NextAt: renewal(h, state)}, nil
	}
	old := []map[string]any{t.State}
	if h.Find != nil {
		if all, err := j.Find(ctx); err == nil { // a renewal that was cut off may have left one more
			old = all
		}
	}
	out, err := o.Activate(ctx, t) // the new one first, so that nothing is missed between them
	if err != nil {
		return nil, err
	}
	for _, j.State = range old {
		if !sameSubscription(j.State, out.State) {
			_ = j.Unsubscribe(ctx) // else it ends of itself
		}
	}
	return out, nil
}

// sameSubscription reports whether an app that was asked for a new subscription gave
// the one that there was.
func sameSubscription(old, now map[string]any) bool {
	same := false
	for k, v := range old {
		if k == "expires" || k == "secret" {
			continue
		}
		if fmt.Sprint(v) != fmt.Sprint(now[k]) {
			return false
		}
		same = true
	}
	return same
}

// Deactivate has the app forget the address. Which of its subscriptions leads
// there the app is asked where that is not known for sure.
func (o operated) Deactivate(ctx context.Context, t *Turn) (*Outcome, error) {
	h := t.Component.Operation.Hook
	if h == nil {
		return &Outcome{}, nil
	}
	j := o.job(t)
	kept := len(h.Keep) == 0 || len(t.State) > 0
	if kept || h.Find == nil {
		if err := j.Unsubscribe(ctx); err != nil {
			return nil, err //nolint:wrapcheck // its caller tells what it is
		}
	}
	if t.Unsure && h.Find != nil {
		all, err := j.Find(ctx)
		if err != nil {
			return nil, err //nolint:wrapcheck // its caller tells what it is
		}
		for _, state := range all {
			j.State = state
			if err := j.Unsubscribe(ctx); err != nil {
				return nil, err //nolint:wrapcheck // its caller tells what it is
			}
		}
	}
	return &Outcome{State: map[string]any{}}, nil
}

// Read makes events of what the app sent.
func (o operated) Read(t *Turn) ([]operation.Event, error) {
	return o.job(t).Receive(t.Request) //nolint:wrapcheck // its caller tells what it is
}

// over reports whether a subscription has ended.
func over(t *Turn) bool {
	ms, err := component.Milliseconds(t.State["expires"])
	return err == nil && !time.UnixMilli(int64(ms)).After(t.Now)
}

// renewal is when a subscription is to be renewed; zero = it lasts.
func renewal(h *component.Hook, state map[string]any) time.Time {
	ms, err := component.Milliseconds(state["expires"])
	if err != nil || state["expires"] == nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).Add(-h.RenewBefore())
}
