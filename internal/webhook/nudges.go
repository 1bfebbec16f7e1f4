package webhook

import (
	"context"
	"sync"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// nudges are the endpoints that workers are still to be told of. An endpoint
// stands there once, however much there is for it, and one goroutine tells of
// them as long as there are any: a Redis that is slow holds up nobody else.
type nudges struct {
	mu      sync.Mutex
	waiting map[string]tenant.Scope // by endpoint
	telling bool
}

// NudgeSoon is Nudge for callers that do not wait for it.
func (s *Service) NudgeSoon(ctx context.Context, scope tenant.Scope, endpointID string) {
	n := &s.nudges
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting == nil {
		n.waiting = map[string]tenant.Scope{}
	}
	n.waiting[endpointID] = scope
	if !n.telling {
		n.telling = true
		go s.tell(context.WithoutCancel(ctx))
	}
}

func (s *Service) tell(ctx context.Context) {
	n := &s.nudges
	for {
		n.mu.Lock()
		batch := n.waiting
		n.waiting = nil
		n.telling = len(batch) > 0
		n.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		for endpointID, scope := range batch {
			s.Nudge(ctx, scope, []string{endpointID})
		}
	}
}
