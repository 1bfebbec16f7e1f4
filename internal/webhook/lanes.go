package webhook

import (
	"context"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// lanes are the endpoints that this process sends to at the moment: one
// goroutine each, which claims for all. The database would let several of them
// queue for the endpoint's row, each with a connection in its hand, and a busy
// endpoint would starve the others.
type lanes struct {
	mu       sync.Mutex
	running  map[string]*lane // by endpoint
	done     sync.WaitGroup
	working  bool // this process sends: what it hears of itself need not go through the queue
	draining bool
	took     *lru.Cache[string, time.Duration] // by endpoint: how long its receiver takes, about
}

// lane is one endpoint that is sent to.
type lane struct {
	again chan struct{} // somebody asked for the endpoint meanwhile
	stop  context.CancelFunc
}

// enter returns the lane of an endpoint, or nil if it is running: then it has
// been told that there may be more.
func (l *lanes) enter(endpointID string, stop context.CancelFunc) *lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	if x := l.running[endpointID]; x != nil {
		select {
		case x.again <- struct{}{}:
		default: // it knows
		}
		return nil
	}
	if l.draining {
		return nil
	}
	if l.running == nil {
		l.running = map[string]*lane{}
		l.took, _ = lru.New[string, time.Duration](10_000) // fails for a size below one
	}
	x := &lane{again: make(chan struct{}, 1), stop: stop}
	l.running[endpointID] = x
	l.done.Add(1)
	return x
}

// leave ends a lane and reports true, unless somebody asked for it meanwhile.
func (l *lanes) leave(endpointID string, x *lane) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-x.again:
		return false
	default:
	}
	delete(l.running, endpointID)
	l.done.Done()
	return true
}

// abandon ends a lane in any case.
func (l *lanes) abandon(endpointID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, endpointID)
	l.done.Done()
}

// slowFrom is when a receiver counts as slow, by the average of its latest answers.
const slowFrom = time.Second

func (l *lanes) slow(endpointID string) bool {
	d, _ := l.took.Get(endpointID)
	return d >= slowFrom
}

// quick reports whether the endpoint's receiver is known to take no longer than that.
func (l *lanes) quick(endpointID string, than time.Duration) bool {
	d, known := l.took.Get(endpointID)
	return known && d <= than
}

// learn takes the time of one answer into the average.
func (l *lanes) learn(endpointID string, d time.Duration) {
	before, known := l.took.Get(endpointID)
	if known {
		d = (3*before + d) / 4
	}
	l.took.Add(endpointID, d)
}

// Dispatch begins to send what is due at an endpoint, and returns: however long
// its receiver takes, whoever nudged is free. Drain waits for the end.
func (s *Service) Dispatch(ctx context.Context, scope tenant.Scope, endpointID string) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	x := s.lanes.enter(endpointID, stop)
	if x == nil {
		stop()
		return nil
	}
	go func() {
		defer stop()
		if err := s.run(ctx, scope, endpointID, x); err != nil {
			slog.ErrorContext(ctx, "an endpoint is left to the sweep", "endpoint", endpointID, "error", err)
		}
	}()
	return nil
}

// Deliver sends what is due at an endpoint until nothing is. If this process is
// at it already, that one goes on in its place.
func (s *Service) Deliver(ctx context.Context, scope tenant.Scope, endpointID string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	x := s.lanes.enter(endpointID, stop)
	if x == nil {
		return nil
	}
	return s.run(ctx, scope, endpointID, x)
}

// Work lets this process send what it is nudged about itself, without a way
// through the queue. Drain ends it.
func (s *Service) Work() {
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	s.lanes.working = true
}

// Drain begins nothing more and waits until what is under way is written down.
func (s *Service) Drain() {
	s.lanes.mu.Lock()
	s.lanes.working, s.lanes.draining = false, true
	for _, x := range s.lanes.running {
		x.stop()
	}
	s.lanes.mu.Unlock()
	s.lanes.done.Wait()
}
