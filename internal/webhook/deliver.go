package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// means is what a request takes besides the event: the endpoint as it was when
// more was last claimed, and what follows from it.
type means struct {
	endpoint *Endpoint
	keys     []secret.Text
	client   *http.Client
	own      map[string]string // the endpoint's own headers
	unfit    error             // why nothing can be sent at all
}

// leased is a delivery under a lease of ours, with its event.
type leased struct {
	Delivery

	event event.Event
}

// run sends what is due at an endpoint until nothing is, or ctx ends.
func (s *Service) run(ctx context.Context, scope tenant.Scope, endpointID string, x *lane) error {
	for {
		if err := s.newFlight(scope, endpointID, x.again).run(ctx); err != nil || ctx.Err() != nil {
			s.lanes.abandon(endpointID)
			return err
		}
		if s.lanes.leave(endpointID, x) {
			return nil
		}
	}
}

// flight is what is under way to one endpoint. It does not wait for the last of
// a claim: what came back is written down in the transaction that claims more.
// From a receiver that answers quickly it claims ahead, so that sending does not
// wait for the database, nor the database for each few that were sent.
type flight struct {
	*Service

	id         string // begins its leases
	scope      tenant.Scope
	endpointID string
	again      chan struct{}
	changed    chan struct{} // something of what mu guards

	steady   bool      // all is well with the endpoint
	claims   int       // so far
	done     []outcome // not yet written down
	back     []leased  // to be given back
	failures int       // of the database, in a row

	mu     sync.Mutex
	width  int // how many may be under way, as far as it is known
	means  *means
	ready  []leased // claimed and not begun
	flying int
	landed []outcome
	failed int      // in a row
	unsent []leased // claimed, and not to be begun any more
}

func (s *Service) newFlight(scope tenant.Scope, endpointID string, again chan struct{}) *flight {
	return &flight{
		Service: s, id: id.New("lease"), scope: scope, endpointID: endpointID, again: again, changed: make(chan struct{}, 1),
		width: inFlight, steady: true, // a claim looks at the endpoint itself
	}
}

const (
	together     = inFlight / 2 // so many are written at once, or
	togetherMost = 2 * inFlight // so many while others wait to be begun
	againAfter   = 500 * time.Millisecond
	giveUpAt     = int(leaseMargin / againAfter) // then the leases are over

	aheadTimes = 3                      // so often as many as may be under way are claimed ahead
	aheadTill  = 100 * time.Millisecond // of receivers that take no longer: what waits is begun long before its lease ends
	aheadFails = 2                      // so many failures in a row, and nothing waits any more
)

// How long the first that landed waits for others, and while others are to be begun.
const (
	companyFor     = 2 * time.Millisecond
	companyForMost = 10 * time.Millisecond
)

func (f *flight) run(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			f.recall()
		}
		f.take()
		slow := f.lanes.slow(f.endpointID)
		got, most, ahead := f.admit(ctx, slow)
		if got == 0 && f.idle() {
			return nil // told to stop
		}
		claimed, err := f.turn(ctx, most, ahead)
		begun := f.begin(ctx, claimed, got, slow)
		f.slots.Give(f.scope.Project(), slow, got-begun)
		switch {
		case err == nil:
			f.done, f.back, f.failures = f.done[:0], f.back[:0], 0
		case f.idle() && ctx.Err() != nil:
			return nil //nolint:nilerr // told to stop, and told of it by that
		case f.idle():
			return err
		case len(f.done)+len(f.back) == 0: // what is under way is waited for
		case f.failures < giveUpAt:
			f.failures++
			time.Sleep(againAfter)
			continue
		default:
			slog.ErrorContext(ctx, "outcomes of deliveries are lost: their leases will end", "endpoint", f.endpointID, "count", len(f.done), "error", err)
			f.done, f.back, f.failures = f.done[:0], f.back[:0], 0
		}
		if !f.idle() {
			f.collect(ctx)
		} else if most > 0 {
			return nil // nothing is due
		}
	}
}

// idle reports whether nothing is under way, or to be written down.
func (f *flight) idle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.flying == 0 && len(f.landed)+len(f.ready)+len(f.unsent)+len(f.done)+len(f.back) == 0
}

// take makes what landed part of what is to be written down.
func (f *flight) take() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done, f.landed = append(f.done, f.landed...), f.landed[:0]
	f.back, f.unsent = append(f.back, f.unsent...), nil
}

// recall has nothing begun of what is claimed: it is given back.
func (f *flight) recall() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unsent, f.ready = append(f.unsent, f.ready...), nil
}

// admit takes slots for what may be begun now, and says how many to claim, and
// how many of them ahead. It waits for a slot only if there is nothing else to do.
func (f *flight) admit(ctx context.Context, slow bool) (got, most, ahead int) {
	if ctx.Err() != nil {
		return 0, 0, 0
	}
	f.mu.Lock()
	want, ready := max(f.width-f.flying, 0), len(f.ready)
	nothing := f.flying == 0 && len(f.done)+len(f.back) == 0
	f.mu.Unlock()
	if nothing {
		if f.slots.Wait(ctx, f.scope.Project(), slow) != nil {
			return 0, 0, 0
		}
		got = 1
	}
	got += f.slots.Try(f.scope.Project(), slow, want-got)
	if got >= want && f.steady && f.lanes.quick(f.endpointID, aheadTill) {
		ahead = aheadTimes * f.width
	}
	return got, max(got+ahead-ready, 0), ahead
}

// begin adds what was claimed to what is ready, and begins as many as there are slots.
func (f *flight) begin(ctx context.Context, claimed []leased, slots int, slow bool) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ready = append(f.ready, claimed...)
	n := 0
	for n < slots && f.flying < f.width {
		d := f.next()
		if d == nil {
			break
		}
		n++
		f.flying++
		go f.fly(ctx, d, f.means, slow)
	}
	return n
}

// fly sends one delivery, and then others that are ready. Between two it gives
// its slot back, so that whoever waits for one gets it.
func (f *flight) fly(ctx context.Context, d *leased, m *means, slow bool) {
	for {
		o := f.attempt(ctx, f.scope, m, d)
		f.lanes.learn(f.endpointID, time.Duration(o.Duration)*time.Millisecond)
		f.slots.Give(f.scope.Project(), slow, 1)
		if d, m = f.land(&o, slow); d == nil {
			return
		}
	}
}

// next takes the first that is ready and whose lease lasts for it, if any is. f.mu is held.
func (f *flight) next() *leased {
	for len(f.ready) > 0 {
		d := &f.ready[0]
		f.ready = f.ready[1:]
		if f.Now().Add(f.means.endpoint.timeout()).After(*d.LeaseUntil) {
			f.unsent = append(f.unsent, *d)
			continue
		}
		return d
	}
	return nil
}

// land takes an outcome in, and returns what its sender is to send now, for
// which it has a slot, if there is anything.
func (f *flight) land(o *outcome, slow bool) (*leased, *means) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.landed = append(f.landed, *o)
	f.heed(o)
	select {
	case f.changed <- struct{}{}:
	default: // it is told
	}
	if len(f.ready) > 0 && f.flying <= f.width && f.slots.Try(f.scope.Project(), slow, 1) > 0 {
		if d := f.next(); d != nil {
			return d, f.means
		}
		f.slots.Give(f.scope.Project(), slow, 1)
	}
	f.flying--
	return nil, nil
}

// heed lets nothing wait for a receiver that fails, or asks for a pause. f.mu is held.
func (f *flight) heed(o *outcome) {
	if o.State == Delivered {
		f.failed = 0
		return
	}
	if f.failed++; f.failed >= aheadFails || o.wish > 0 || o.Status != nil && *o.Status == http.StatusGone {
		f.unsent, f.ready = append(f.unsent, f.ready...), nil
	}
}

// collect waits until there is something to write down or to claim.
func (f *flight) collect(ctx context.Context) {
	stop := ctx.Done()
	if ctx.Err() != nil {
		stop = nil // it has begun: what is under way is waited for
	}
	var company <-chan time.Time
	for {
		f.mu.Lock()
		landed, ready, flying, unsent := len(f.landed), len(f.ready), f.flying, len(f.unsent)
		f.mu.Unlock()
		if flying == 0 || unsent > 0 || landed >= togetherMost || ready == 0 && landed >= together {
			return
		}
		if landed > 0 && company == nil {
			wait := companyFor
			if ready > 0 {
				wait = companyForMost
			}
			t := time.NewTimer(wait)
			defer t.Stop()
			company = t.C
		}
		again := f.again
		if ready > 0 || flying >= f.width {
			again = nil // there is no room for more
		}
		select {
		case <-f.changed:
		case <-again:
			return
		case <-company:
			return
		case <-stop:
			return
		}
	}
}
