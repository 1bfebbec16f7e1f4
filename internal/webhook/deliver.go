package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// job is what one claim needs to be sent.
type job struct {
	leaseID    string
	endpoint   *Endpoint
	keys       []secret.Text
	deliveries []Delivery
	events     map[string]event.Event
	told       []string // endpoints that hear of what became of this one

	client *http.Client
	own    map[string]string // the endpoint's own headers
	unfit  error             // why nothing can be sent at all
}

// run sends what is due at an endpoint until nothing is, or ctx ends.
func (s *Service) run(ctx context.Context, scope tenant.Scope, endpointID string, x *lane) error {
	for {
		f := &flight{Service: s, scope: scope, endpointID: endpointID, again: x.again, results: make(chan outcome, maxConcurrency), width: inFlight}
		if err := f.run(ctx); err != nil || ctx.Err() != nil {
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
type flight struct {
	*Service

	scope      tenant.Scope
	endpointID string
	again      chan struct{}
	results    chan outcome
	flying     int
	width      int       // how many may be, as far as it is known
	done       []outcome // not yet written down
	failures   int       // of the database, in a row
}

// Bounds of writing down.
const (
	together   = inFlight / 2         // so many are written at once, or
	companyFor = 2 * time.Millisecond // so long the first waits for others
	againAfter = 500 * time.Millisecond
	giveUpAt   = int(leaseMargin / againAfter) // then the leases are over
)

func (f *flight) run(ctx context.Context) error {
	for {
		slow := f.lanes.slow(f.endpointID)
		n := f.admit(ctx, slow)
		if n == 0 && f.flying == 0 && len(f.done) == 0 {
			return nil // told to stop
		}
		j, err := f.turn(ctx, f.scope, f.endpointID, f.done, n)
		f.slots.Give(f.scope.Project(), slow, n-len(j.deliveries))
		switch {
		case err == nil:
			f.done, f.failures = f.done[:0], 0
		case len(f.done) > 0 && f.failures < giveUpAt:
			f.failures++
			time.Sleep(againAfter)
			continue
		case f.flying == 0:
			return err
		default:
			slog.ErrorContext(ctx, "outcomes of deliveries are lost: their leases will end", "endpoint", f.endpointID, "count", len(f.done), "error", err)
			f.done, f.failures = f.done[:0], 0
		}
		if j.endpoint != nil {
			f.width = j.endpoint.Concurrency
		}
		for i := range j.deliveries {
			f.flying++
			go f.fly(ctx, j, &j.deliveries[i], slow)
		}
		if f.flying == 0 {
			if n > 0 {
				return nil // nothing is due
			}
			continue // it had no slot to ask with
		}
		f.collect(ctx)
	}
}

// admit returns how many deliveries may be begun now. It waits only if there is
// nothing else to do.
func (f *flight) admit(ctx context.Context, slow bool) int {
	if ctx.Err() != nil {
		return 0
	}
	n := 0
	if f.flying == 0 && len(f.done) == 0 {
		if f.slots.Wait(ctx, f.scope.Project(), slow) != nil {
			return 0
		}
		n = 1
	}
	return n + f.slots.Try(f.scope.Project(), slow, max(f.width-f.flying-n, 0))
}

func (f *flight) fly(ctx context.Context, j *job, d *Delivery, slow bool) {
	o := f.attempt(ctx, f.scope, j, d)
	f.lanes.learn(f.endpointID, time.Duration(o.Duration)*time.Millisecond)
	f.slots.Give(f.scope.Project(), slow, 1)
	f.results <- o
}

// collect waits until there is something to write down or to claim.
func (f *flight) collect(ctx context.Context) {
	stop := ctx.Done()
	if ctx.Err() != nil {
		stop = nil // it has begun: what is under way is waited for
	}
	select {
	case o := <-f.results:
		f.landed(o)
	case <-f.again:
		return
	case <-stop:
		return
	}
	company := time.NewTimer(companyFor)
	defer company.Stop()
	for f.flying > 0 && len(f.done) < together {
		select {
		case o := <-f.results:
			f.landed(o)
		case <-company.C:
			return
		}
	}
}

func (f *flight) landed(o outcome) {
	f.flying--
	f.done = append(f.done, o)
}

// turn writes down what is done and claims up to most more, in one transaction.
func (s *Service) turn(ctx context.Context, scope tenant.Scope, endpointID string, done []outcome, most int) (*job, error) {
	j := &job{leaseID: id.New("lease")}
	if len(done) > 0 {
		ctx = context.WithoutCancel(ctx) // a worker that is told to stop still writes down what it did
	} else if most == 0 {
		return j, nil
	}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		now := s.Now()
		e, err := lock(tx, endpointID)
		if err != nil || e == nil {
			return err
		}
		if len(done) > 0 {
			if err := complete(tx, done, now); err != nil {
				return err
			}
			if j.told, err = s.judge(tx, scope, e, done, now); err != nil {
				return err
			}
		}
		if most == 0 || e.DisabledAt != nil || e.blocked(now) || s.holds.held(e.ID, now) {
			return nil
		}
		j.endpoint = e
		if j.deliveries, err = claim(tx, e, j.leaseID, most, now); err != nil || len(j.deliveries) == 0 {
			return err
		}
		if j.keys, err = keysOf(tx, s.Box, e, now); err != nil {
			return err
		}
		j.events, err = eventsOf(tx, j.deliveries)
		return err
	})
	switch e := j.endpoint; {
	case err != nil:
		j.deliveries = nil // they were not claimed after all
		return j, err
	case len(j.deliveries) > 0:
		j.client, j.own, j.unfit = s.means(e)
	case e != nil && e.Rate > 0 && e.level(s.Now()) < 1: // something may be due: the rate did not let it be looked at
		again := context.WithoutCancel(ctx)
		s.later.do(endpointID, e.rest(s.Now()), func() { s.Nudge(again, scope, []string{endpointID}) })
	}
	s.Nudge(ctx, scope, j.told)
	return j, nil
}

// means are what a request to the endpoint takes besides the event.
func (s *Service) means(e *Endpoint) (*http.Client, map[string]string, error) {
	client, err := s.client(e)
	if err != nil {
		return nil, nil, err
	}
	own, err := e.ownHeaders(s.Box)
	return client, own, err
}
