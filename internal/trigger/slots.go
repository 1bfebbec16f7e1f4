package trigger

import (
	"strings"
	"sync"
)

// slots share out what a process lets look at once. Nobody, tenant or app, may
// hold more of them than are free: so there is room for whoever comes next,
// however many sources one tenant has and however long one app takes to answer.
type slots struct {
	mu    sync.Mutex
	free  int
	held  map[string]int // by tenant and by app
	freed chan struct{}  // tells that there is one more, once
}

func newSlots(n int) *slots {
	return &slots{free: n, held: map[string]int{}, freed: make(chan struct{}, 1)}
}

// candidate is a source whose time has come.
type candidate struct{ ID, EnvironmentID, App string }

// keys are the names under which what a candidate holds is counted.
func (c candidate) keys() []string {
	if c.App == "" {
		return []string{c.EnvironmentID}
	}
	return []string{c.EnvironmentID, "app " + c.App}
}

// choose takes slots for as many candidates as may have one, in their order, and
// returns them.
func (s *slots) choose(all []candidate) (chosen []candidate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range all {
		may := s.free > 0
		for _, key := range c.keys() {
			may = may && s.held[key] < s.free
		}
		if !may {
			continue
		}
		s.free--
		for _, key := range c.keys() {
			s.held[key]++
		}
		chosen = append(chosen, c)
	}
	return chosen
}

// full returns the tenants and the apps that may have no more now, and whether there
// is anything to be had at all.
func (s *slots) full() (environments, apps []string, some bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	environments, apps = []string{}, []string{}
	for key, n := range s.held {
		if n < s.free {
			continue
		}
		if app, ok := strings.CutPrefix(key, "app "); ok {
			apps = append(apps, app)
		} else {
			environments = append(environments, key)
		}
	}
	return environments, apps, s.free > 0
}

// release gives a candidate's slot back.
func (s *slots) release(c candidate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free++
	for _, key := range c.keys() {
		if s.held[key]--; s.held[key] == 0 {
			delete(s.held, key)
		}
	}
	select {
	case s.freed <- struct{}{}:
	default:
	}
}
