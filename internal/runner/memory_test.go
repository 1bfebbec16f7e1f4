package runner_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/patchbay-dev/patchbay/internal/runner"
)

// memory is a data store that is gone with its test. It gives out one entry a page.
type memory struct {
	mu  sync.Mutex
	all map[string]json.RawMessage
}

func (m *memory) Get(_ context.Context, _, key string) (json.RawMessage, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.all[key]
	return v, ok, nil
}

func (m *memory) Set(_ context.Context, _, key string, value json.RawMessage, _ *int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[string]json.RawMessage{}
	}
	m.all[key] = value
	return nil
}

func (m *memory) SetTTL(context.Context, string, string, *int) error { return nil }

func (m *memory) Delete(_ context.Context, _, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, key)
	return nil
}

func (m *memory) Clear(context.Context, string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.all)
	return nil
}

func (m *memory) Size(context.Context, string) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.all), nil
}

func (m *memory) Page(_ context.Context, _, after string) ([]runner.Entry, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range slices.Sorted(maps.Keys(m.all)) {
		if k > after {
			return []runner.Entry{{Key: k, Value: m.all[k]}}, true, nil
		}
	}
	return nil, false, nil
}
