package webhook

import "sync"

// gate lets one worker of this process claim at an endpoint at a time. The
// database would let them queue for the endpoint's row, each with a connection
// in its hand, and a busy endpoint would starve the others.
type gate struct {
	mu     sync.Mutex
	inside map[string]bool // endpoint -> whether somebody was turned away meanwhile
}

// enter reports whether the caller may claim. Who is turned away need not come
// again: leave tells the one inside.
func (g *gate) enter(endpointID string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, busy := g.inside[endpointID]; busy {
		g.inside[endpointID] = true
		return false
	}
	if g.inside == nil {
		g.inside = map[string]bool{}
	}
	g.inside[endpointID] = false
	return true
}

// leave ends the claim and reports whether somebody was turned away.
func (g *gate) leave(endpointID string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	turnedAway := g.inside[endpointID]
	delete(g.inside, endpointID)
	return turnedAway
}
