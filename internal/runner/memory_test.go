package runner_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/runner"
)

// memory is a data store that is gone with its test. It gives out one entry a page.
type memory struct {
	mu  sync.Mutex
	n   int64
	all map[runner.Place]map[string]runner.Entry
}

func (m *memory) in(p runner.Place) map[string]runner.Entry {
	if m.all == nil {
		m.all = map[runner.Place]map[string]runner.Entry{}
	}
	if m.all[p] == nil {
		m.all[p] = map[string]runner.Entry{}
	}
	return m.all[p]
}

func (m *memory) Get(_ context.Context, p runner.Place, key string) (*runner.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.in(p)[key]; ok {
		return &e, nil
	}
	return nil, nil
}

func (m *memory) Set(_ context.Context, p runner.Place, key string, value json.RawMessage, _ *int, ifVersion *int64) (*runner.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ifVersion != nil && *ifVersion != m.in(p)[key].Version {
		return nil, errChanged
	}
	m.n++
	e := runner.Entry{Key: key, Value: value, Version: m.n}
	m.in(p)[key] = e
	return &e, nil
}

var errChanged = fault.New(fault.Conflict, "record_changed", "The record was changed.")

func (m *memory) Add(_ context.Context, p runner.Place, key string, by int64) (*runner.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, _ := strconv.ParseInt(string(m.in(p)[key].Value), 10, 64)
	m.n++
	e := runner.Entry{Key: key, Value: json.RawMessage(strconv.FormatInt(n+by, 10)), Version: m.n}
	m.in(p)[key] = e
	return &e, nil
}

func (m *memory) SetTTL(context.Context, runner.Place, string, *int) error { return nil }

func (m *memory) Delete(_ context.Context, p runner.Place, key string, ifVersion *int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ifVersion != nil && *ifVersion != m.in(p)[key].Version {
		return errChanged
	}
	delete(m.in(p), key)
	return nil
}

func (m *memory) Clear(_ context.Context, p runner.Place) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.in(p))
	return nil
}

func (m *memory) Size(_ context.Context, p runner.Place) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.in(p)), nil
}

func (m *memory) Page(_ context.Context, p runner.Place, after string) ([]runner.Entry, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range slices.Sorted(maps.Keys(m.in(p))) {
		if k > after {
			return []runner.Entry{m.in(p)[k]}, true, nil
		}
	}
	return nil, false, nil
}
