package action

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// stores are an environment's data stores, as components use them: by their ids or
// their names.
type stores struct {
	all   *datastore.Service
	scope tenant.Scope
}

func place(store string) datastore.Place {
	if id.Is("ds", store) {
		return datastore.Place{ID: store}
	}
	return datastore.Place{Kind: datastore.Data, Of: store}
}

// Get returns a value.
func (s *stores) Get(ctx context.Context, store, key string) (json.RawMessage, bool, error) {
	r, err := s.all.Get(ctx, s.scope, place(store), key)
	if errors.Is(err, datastore.ErrNoRecord) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err //nolint:wrapcheck // a fault
	}
	return json.RawMessage(r.Value), true, nil
}

// Set writes a value.
func (s *stores) Set(ctx context.Context, store, key string, value json.RawMessage, ttl *int) error {
	_, err := s.all.Set(ctx, s.scope, place(store), key, string(value), datastore.Put{TTL: seconds(ttl)})
	return err //nolint:wrapcheck // a fault
}

// SetTTL says how long a value lives from now on.
func (s *stores) SetTTL(ctx context.Context, store, key string, ttl *int) error {
	_, err := s.all.SetTTL(ctx, s.scope, place(store), key, seconds(ttl))
	return err //nolint:wrapcheck // a fault
}

func seconds(n *int) *time.Duration {
	if n == nil {
		return nil
	}
	return new(time.Duration(*n) * time.Second)
}

// Delete removes a value, if there is one.
func (s *stores) Delete(ctx context.Context, store, key string) error {
	_, err := s.all.Delete(ctx, s.scope, place(store), key, nil)
	return err //nolint:wrapcheck // a fault
}

// Clear removes all values.
func (s *stores) Clear(ctx context.Context, store string) error {
	return s.all.Clear(ctx, s.scope, place(store)) //nolint:wrapcheck // a fault
}

// Size counts the values.
func (s *stores) Size(ctx context.Context, store string) (int, error) {
	st, err := s.all.Store(ctx, s.scope, place(store))
	if errors.Is(err, datastore.ErrNoStore) {
		return 0, nil
	}
	if err != nil {
		return 0, err //nolint:wrapcheck // a fault
	}
	return st.Records, nil
}

// Page returns values in the order of their keys.
func (s *stores) Page(ctx context.Context, store, after string) ([]runner.Entry, bool, error) {
	rs, more, err := s.all.Records(ctx, s.scope, place(store), datastore.Walk{After: after})
	out := make([]runner.Entry, len(rs))
	for i := range rs {
		out[i] = runner.Entry{Key: rs[i].Key, Value: json.RawMessage(rs[i].Value)}
	}
	return out, more, err //nolint:wrapcheck // a fault
}
