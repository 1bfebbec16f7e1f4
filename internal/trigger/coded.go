package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/runner"
)

// coded is the Program of components that are code.
type coded struct{ coder *action.Coder }

// codeMemory is how many ids a component that is code is known by again.
const codeMemory = 100

// Deploy calls the component's hook of that name.
func (p coded) Deploy(ctx context.Context, t *Turn) (*Outcome, error) {
	return p.hook(ctx, t, "deploy")
}

// Activate calls the component's hook of that name.
func (p coded) Activate(ctx context.Context, t *Turn) (*Outcome, error) {
	return p.hook(ctx, t, "activate")
}

// Deactivate calls the component's hook of that name.
func (p coded) Deactivate(ctx context.Context, t *Turn) (*Outcome, error) {
	return p.hook(ctx, t, "deactivate")
}

func (p coded) hook(ctx context.Context, t *Turn, name string) (*Outcome, error) {
	if !slices.Contains(t.Component.Code.Hooks, name) {
		return &Outcome{}, nil
	}
	out, err := p.carryOut(ctx, t, func(r *runner.Runner, j *runner.Job) (*runner.Result, error) { return r.Hook(ctx, *j, name) })
	if err == nil {
		err = out.Failed
	}
	return out, err
}

// Run runs the component, with a request or with the time that has come. One that
// has no run emits what it is called with.
func (p coded) Run(ctx context.Context, t *Turn) (*Outcome, error) {
	happened := any(t.Request)
	if t.Request == nil {
		happened = moment(t)
	}
	if t.Component.Code.Silent {
		return &Outcome{Events: []operation.Event{{Body: happened}}}, nil
	}
	return p.carryOut(ctx, t, func(r *runner.Runner, j *runner.Job) (*runner.Result, error) { return r.Source(ctx, *j, happened) })
}

// moment is what a component is told whose time has come.
func moment(t *Turn) map[string]any {
	out := map[string]any{"timestamp": t.Now.Unix()}
	p := propOf(t.Component, timerProp)
	if p == nil {
		return out
	}
	timer, _ := t.Props[p.Name].(map[string]any)
	if cron := timer["cron"]; cron != nil {
		out["cron"] = cron
	} else {
		out["interval_seconds"] = timer["intervalSeconds"]
	}
	return out
}

// carryOut has a process do it. What the component emitted and remembered before it
// failed is kept; what a process was at that was ended is not.
func (p coded) carryOut(ctx context.Context, t *Turn, do func(*runner.Runner, *runner.Job) (*runner.Result, error)) (*Outcome, error) {
	u := &action.Coded{
		Scope: t.Scope, User: t.User, Component: t.Component, Props: t.Props, Accounts: t.Accounts, State: map[string]json.RawMessage{}, Endpoint: t.URL, Respond: t.Respond, Remembers: action.StateOf(t.User),
		Context: map[string]any{"id": t.ID, "ts": t.Now.UTC(), "test": false, "deployment_id": t.TriggerID, "external_user_id": t.User},
	}
	u.Remembers[string(datastore.Trigger)] = datastore.Place{Kind: datastore.Trigger, Of: t.TriggerID}
	for k, v := range t.State {
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("encode state: %w", err)
		}
		u.State[k] = raw
	}
	r, j, err := p.coder.Ready(ctx, u)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	res, err := do(r, j)
	if err != nil {
		return nil, err
	}
	t.Said.hear(res, j.Secrets, t.Now)
	if !res.Ended {
		return nil, action.FailedCode(res) //nolint:wrapcheck // an operation's error
	}
	p.coder.Send(ctx, action.Outlets{Scope: t.Scope}, res.Sends, func(string) {})
	out := &Outcome{Events: emitted(t.Component.Code.Dedupe, res.Emits), State: maps.Clone(t.State), Failed: action.FailedCode(res)}
	for k, raw := range res.Set {
		out.State[k] = raw
	}
	for _, k := range res.Gone {
		delete(out.State, k)
	}
	return out, nil
}

// emitted are the events of one execution: those that say when they were stand in
// that order, the oldest first.
func emitted(how component.Dedupe, emits []runner.Emit) []operation.Event {
	var timed []int
	for i := range emits {
		if emits[i].At != nil {
			timed = append(timed, i)
		}
	}
	order := make([]int, len(emits))
	for i := range order {
		order[i] = i
	}
	sorted := slices.Clone(timed)
	slices.SortStableFunc(sorted, func(a, b int) int {
		switch d := *emits[a].At - *emits[b].At; {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return 0
	})
	for i, at := range timed {
		order[at] = sorted[i]
	}
	out := make([]operation.Event, 0, len(emits))
	for _, i := range order {
		e := operation.Event{ID: emits[i].ID, Summary: emits[i].Summary, Channel: emits[i].Channel, Body: emits[i].Event}
		if emits[i].At != nil {
			e.At = int64(*emits[i].At)
		}
		if how == "" {
			e.ID = "" // nobody asked for it to be known again
		}
		out = append(out, e)
	}
	return out
}
