package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/expression"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// offer adds to the values of a run's expressions what is worked out when they ask
// for it.
func (x *Executor) offer(ctx context.Context, c *claimed, scope tenant.Scope, values workflow.Values) {
	r := c.run
	values["state"] = x.stateOf(ctx, scope, r)
	instance := map[string]any{"id": nil, "config": map[string]any{}}
	if r.Instance != nil {
		instance["id"], instance["config"] = r.Instance.ID, r.Instance.Config
	}
	values["instance"] = instance
	values["run"] = x.links(c.def, scope, r, "")
}

// mostReads is how many records the expressions of one walk over a run may read.
const mostReads = 200

// reads are the records that expressions read: when they are asked for, each once
// in a walk, and not too many.
type reads struct {
	x     *Executor
	ctx   context.Context //nolint:containedctx // of the walk whose expressions read
	scope tenant.Scope
	r     *Run

	mu   sync.Mutex
	seen map[string]any
}

// state is what expressions know as state: get(key) of the workflow's own store,
// and of the others workflow(key), project(key), user(key), instance(key) and
// store(name, key). A record that is not there is null.
func (x *Executor) stateOf(ctx context.Context, scope tenant.Scope, r *Run) map[string]any {
	s := &reads{x: x, ctx: ctx, scope: scope, r: r, seen: map[string]any{}}
	of := func(kind string) func(any) (any, error) {
		return func(key any) (any, error) { return s.read(kind, "", expression.AsText(key)) }
	}
	return map[string]any{
		"get": of("workflow"), "workflow": of("workflow"), "project": of("project"), "user": of("user"), "instance": of("instance"),
		"store": func(name, key any) (any, error) {
			return s.read("data_store", expression.AsText(name), expression.AsText(key))
		},
	}
}

func (s *reads) read(kind, store, key string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := kind + "\x00" + store + "\x00" + key
	if v, ok := s.seen[known]; ok {
		return v, nil
	}
	if len(s.seen) >= mostReads {
		return nil, fmt.Errorf("expressions read at most %d records; a state step reads a whole list", mostReads)
	}
	at, err := storeOf(s.r, kind, store)
	if err != nil {
		return nil, err
	}
	rec, err := s.x.Stores.Get(s.ctx, s.scope, at, key)
	if err != nil && !errors.Is(err, datastore.ErrNoRecord) {
		return nil, err //nolint:wrapcheck // a fault
	}
	var v any
	if rec != nil {
		if err := json.Unmarshal([]byte(rec.Value), &v); err != nil {
			return nil, fmt.Errorf("decode record: %w", err)
		}
	}
	s.seen[known] = v
	return v, nil
}
