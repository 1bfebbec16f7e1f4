package action

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// State is where the state lies that code finds, by the names of its scopes.
type State map[string]datastore.Place

// StateOf is the state that all code has that runs for a user; "" = for nobody.
func StateOf(user string) State {
	out := State{string(datastore.Project): {Kind: datastore.Project}}
	if user != "" {
		out[string(datastore.User)] = datastore.Place{Kind: datastore.User, Of: user}
	}
	return out
}

// Remembered returns the data stores of an environment and the state that a run has,
// and the names of its scopes.
func (c *Coder) Remembered(scope tenant.Scope, state State) (runner.Store, []string) {
	if c == nil || c.Stores == nil {
		return nil, nil
	}
	return &stores{c.Stores, scope, state}, slices.Sorted(maps.Keys(state))
}

// stores are an environment's data stores, as components use them: by their ids or
// their names; and the state of their run.
type stores struct {
	all   *datastore.Service
	scope tenant.Scope
	state State
}

var errScope = fault.New(fault.Invalid, "state_scope", "There is no state of this scope here.")

func (s *stores) place(in runner.Place) (datastore.Place, error) {
	if in.Scope != "" {
		p, ok := s.state[in.Scope]
		if !ok {
			return p, errScope
		}
		return p, nil
	}
	if id.Is("ds", in.Store) {
		return datastore.Place{ID: in.Store}, nil
	}
	return datastore.Place{Kind: datastore.Data, Of: in.Store}, nil
}

func entryOf(r *datastore.Record) *runner.Entry {
	if r == nil {
		return nil
	}
	return &runner.Entry{Key: r.Key, Value: json.RawMessage(r.Value), Version: r.Version}
}

// Get returns a value.
func (s *stores) Get(ctx context.Context, in runner.Place, key string) (*runner.Entry, error) {
	p, err := s.place(in)
	if err != nil {
		return nil, err
	}
	r, err := s.all.Get(ctx, s.scope, p, key)
	if errors.Is(err, datastore.ErrNoRecord) {
		return nil, nil
	}
	return entryOf(r), err //nolint:wrapcheck // a fault
}

// Set writes a value.
func (s *stores) Set(ctx context.Context, in runner.Place, key string, value json.RawMessage, ttl *int, ifVersion *int64) (*runner.Entry, error) {
	p, err := s.place(in)
	if err != nil {
		return nil, err
	}
	r, err := s.all.Set(ctx, s.scope, p, key, string(value), datastore.Put{TTL: seconds(ttl), IfVersion: ifVersion})
	return entryOf(r), err //nolint:wrapcheck // a fault
}

// Add counts a number up.
func (s *stores) Add(ctx context.Context, in runner.Place, key string, by int64) (*runner.Entry, error) {
	p, err := s.place(in)
	if err != nil {
		return nil, err
	}
	r, err := s.all.Add(ctx, s.scope, p, key, by)
	return entryOf(r), err //nolint:wrapcheck // a fault
}

// SetTTL says how long a value lives from now on.
func (s *stores) SetTTL(ctx context.Context, in runner.Place, key string, ttl *int) error {
	p, err := s.place(in)
	if err == nil {
		_, err = s.all.SetTTL(ctx, s.scope, p, key, seconds(ttl))
	}
	return err //nolint:wrapcheck // a fault
}

func seconds(n *int) *time.Duration {
	if n == nil {
		return nil
	}
	return new(time.Duration(*n) * time.Second)
}

// Delete removes a value, if there is one.
func (s *stores) Delete(ctx context.Context, in runner.Place, key string, ifVersion *int64) error {
	p, err := s.place(in)
	if err == nil {
		_, err = s.all.Delete(ctx, s.scope, p, key, ifVersion)
	}
	return err //nolint:wrapcheck // a fault
}

// Clear removes all values.
func (s *stores) Clear(ctx context.Context, in runner.Place) error {
	p, err := s.place(in)
	if err != nil {
		return err
	}
	return s.all.Clear(ctx, s.scope, p) //nolint:wrapcheck // a fault
}

// Size counts the values.
func (s *stores) Size(ctx context.Context, in runner.Place) (int, error) {
	p, err := s.place(in)
	if err != nil {
		return 0, err
	}
	st, err := s.all.Store(ctx, s.scope, p)
	if errors.Is(err, datastore.ErrNoStore) {
		return 0, nil
	}
	if err != nil {
		return 0, err //nolint:wrapcheck // a fault
	}
	return st.Records, nil
}

// Page returns values in the order of their keys.
func (s *stores) Page(ctx context.Context, in runner.Place, after string) ([]runner.Entry, bool, error) {
	p, err := s.place(in)
	if err != nil {
		return nil, false, err
	}
	rs, more, err := s.all.Records(ctx, s.scope, p, datastore.Walk{After: after})
	out := make([]runner.Entry, len(rs))
	for i := range rs {
		out[i] = *entryOf(&rs[i])
	}
	return out, more, err //nolint:wrapcheck // a fault
}
