package webhook

import (
	"context"
	"sync"
)

// slots share out what a process sends at once among tenants and endpoints. A
// tenant has half of them at most, and receivers that take long to answer have
// a quarter between them: neither can keep the others waiting.
type slots struct {
	mu      sync.Mutex
	held    int
	slow    int            // of those, by slow receivers
	by      map[string]int // project -> held
	waiting []*waiter      // longest first
}

type waiter struct {
	project string
	slow    bool
	ready   chan struct{}
}

// Bounds of what is under way in a process.
const (
	atOnce        = 256
	atOnceSlow    = atOnce / 4
	atOnceProject = atOnce / 2
)

// room returns how many more may be under way for the project. s.mu is held.
func (s *slots) room(project string, slow bool) int {
	n := min(atOnce-s.held, atOnceProject-s.by[project])
	if slow {
		n = min(n, atOnceSlow-s.slow)
	}
	return max(n, 0)
}

func (s *slots) take(project string, slow bool, n int) {
	if s.by == nil {
		s.by = map[string]int{}
	}
	s.held += n
	s.by[project] += n
	if slow {
		s.slow += n
	}
}

// Try takes up to most slots, without waiting, and returns how many. It passes
// nobody by: whoever waits may have none of those that are free, or serve had
// given it one.
func (s *slots) Try(project string, slow bool, most int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(most, s.room(project, slow))
	s.take(project, slow, n)
	return n
}

// Wait takes one slot, as soon as there is one.
func (s *slots) Wait(ctx context.Context, project string, slow bool) error {
	s.mu.Lock()
	if s.room(project, slow) > 0 {
		s.take(project, slow, 1)
		s.mu.Unlock()
		return nil
	}
	w := &waiter{project, slow, make(chan struct{})}
	s.waiting = append(s.waiting, w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, x := range s.waiting {
		if x == w {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			return ctx.Err()
		}
	}
	return nil // it came at the last moment
}

// Give gives n slots back.
func (s *slots) Give(project string, slow bool, n int) {
	if n == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held -= n
	if s.by[project] -= n; s.by[project] == 0 {
		delete(s.by, project)
	}
	if slow {
		s.slow -= n
	}
	s.serve()
}

// serve lets in whoever has waited longest and may.
func (s *slots) serve() {
	for i := 0; i < len(s.waiting) && s.held < atOnce; {
		w := s.waiting[i]
		if s.room(w.project, w.slow) == 0 {
			i++
			continue
		}
		s.take(w.project, w.slow, 1)
		close(w.ready)
		s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
	}
}
