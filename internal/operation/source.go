package operation

import (
	"context"
	"slices"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/expression"
)

// Event is something that happened at the app.
type Event struct {
	ID      string
	Summary string
	Channel string // in the words of a component that has several; "" = the usual one
	At      int64  // ms since 1970; 0 = not told
	Body    any
}

// Memory is how many ids an operation's trigger remembers: more than a poll
// brings, so that what was emitted is known again.
const Memory = 1000

// Poll looks for what there is at the app, oldest first; state is what the next
// poll is to find. Which of it is new, the caller decides. It is ErrUnchanged when
// the app says that there is nothing but what the last poll found.
func (j *Job) Poll(ctx context.Context) (events []Event, state map[string]any, err error) {
	p := j.Component.Operation.Poll
	known := j.known()
	j.again = j.handed()
	got, all, err := j.one(ctx, p.Request, known)
	left := j.again
	j.again = nil // of no other request
	if err != nil {
		return nil, nil, err
	}
	if p.Request.Pages == nil {
		all["items"] = got
	}
	items, err := list(p.Items, all)
	if err != nil {
		return nil, nil, err
	}
	items = slices.Clone(items)
	if p.Order != "oldest_first" {
		slices.Reverse(items)
	}
	if p.Each != nil {
		if items, err = j.each(ctx, p.Each, items, known); err != nil {
			return nil, nil, err
		}
	}
	if events, err = j.events(items, known); err != nil {
		return nil, nil, err
	}
	if state, err = j.remember(p.Remember, with(all, map[string]any{"items": items})); err != nil {
		return nil, nil, err
	}
	left.into(state)
	return events, state, nil
}

// remember works out what is kept; what comes to nothing stays as it was.
func (j *Job) remember(texts map[string]string, known map[string]any) (map[string]any, error) {
	state := map[string]any{}
	for k, v := range j.State {
		state[k] = v
	}
	for k, t := range texts {
		v, err := value(t, known, nil)
		if err != nil {
			return nil, err
		}
		if v != nil {
			state[k] = v
		}
	}
	return state, nil
}

// events makes events of items, in their order; those that tell when they
// happened stand by that.
func (j *Job) events(items []any, known map[string]any) ([]Event, error) {
	e := j.Component.Operation.Emit
	out := make([]Event, 0, len(items))
	for i, item := range items {
		all := with(known, map[string]any{"item": item, "index": i})
		wanted, err := holds(e.If, all)
		if err != nil {
			return nil, err
		}
		if !wanted {
			continue
		}
		ev := Event{}
		if ev.ID, err = text(e.ID, all); err != nil {
			return nil, err
		}
		if ev.Summary, err = text(e.Summary, all); err != nil {
			return nil, err
		}
		ev.Summary = clip(ev.Summary)
		if ev.Body, err = value(e.Event, all, item); err != nil {
			return nil, err
		}
		at, err := value(e.At, all, nil)
		if err != nil {
			return nil, err
		}
		if at != nil {
			ms, err := component.Milliseconds(at)
			if err != nil {
				return nil, wrong("operation", "The time of the event %s, %s, is not one that can be read.", ev.ID, expression.AsText(at))
			}
			ev.At = int64(ms)
		}
		out = append(out, ev)
	}
	if e.At != "" {
		slices.SortStableFunc(out, func(a, b Event) int { return int(a.At - b.At) })
	}
	return out, nil
}

// Subscribe has the app tell the hook of what is new. state is what has to be
// known to renew and to end that.
func (j *Job) Subscribe(ctx context.Context) (state map[string]any, err error) {
	h := j.Component.Operation.Hook
	return j.subscribe(ctx, h.Create)
}

func (j *Job) subscribe(ctx context.Context, r *component.Request) (map[string]any, error) {
	_, all, err := j.one(ctx, r, j.known())
	if err != nil {
		return nil, err
	}
	return j.remember(j.Component.Operation.Hook.Keep, all)
}

// Renew keeps a subscription from ending.
func (j *Job) Renew(ctx context.Context) (state map[string]any, err error) {
	h := j.Component.Operation.Hook
	if h.Renew == nil || h.Renew.Request == nil {
		return j.subscribe(ctx, h.Create)
	}
	return j.subscribe(ctx, h.Renew.Request)
}

// Find asks the app which subscriptions lead to the hook, and returns what has to
// be known to end each of them.
func (j *Job) Find(ctx context.Context) (states []map[string]any, err error) {
	h := j.Component.Operation.Hook
	got, all, err := j.one(ctx, h.Find.Request, j.known())
	if err != nil {
		return nil, err
	}
	if h.Find.Request.Pages == nil {
		all["items"] = got
	}
	items, err := list(h.Find.Items, all)
	if err != nil {
		return nil, err
	}
	bare := *j
	bare.State = nil
	for _, item := range items {
		known := with(j.known(), map[string]any{"item": item, "body": item})
		ours, err := holds(h.Find.Where, known)
		if err != nil {
			return nil, err
		}
		if !ours {
			continue
		}
		state, err := bare.remember(h.Keep, known)
		if err != nil {
			return nil, err
		}
		states = append(states, state)
	}
	return states, nil
}

// Unsubscribe ends what Subscribe began. One that is gone already has ended.
func (j *Job) Unsubscribe(ctx context.Context) error {
	_, _, err := j.one(ctx, j.Component.Operation.Hook.Delete, j.known())
	return err
}

// Receive makes events of a request to the hook: {body, headers, query, method}.
// There are none when it says nothing that the trigger is for.
func (j *Job) Receive(request map[string]any) ([]Event, error) {
	h := j.Component.Operation.Hook
	known := with(j.known(), map[string]any{"event": request, "body": request["body"], "headers": request["headers"]})
	wanted, err := holds(h.When, known)
	if err != nil || !wanted {
		return nil, err
	}
	items := []any{request["body"]}
	if h.Items != "" {
		if items, err = list(h.Items, known); err != nil {
			return nil, err
		}
	}
	return j.events(items, known)
}
