package webhook

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// turn writes down what is done, gives back what is not to be sent, and claims
// up to most more, in one transaction of two round trips.
func (f *flight) turn(ctx context.Context, most, ahead int) ([]leased, error) {
	if len(f.done)+len(f.back) > 0 {
		ctx = context.WithoutCancel(ctx) // a worker that is told to stop still writes down what it did
	} else if most == 0 {
		return nil, nil
	}
	if most > 0 {
		select {
		case <-f.again: // whoever asked before this claim is served by it
		default:
		}
	}
	var t turned
	err := f.DB.Batch(ctx, f.scope, func(b *db.Batch) error { return f.within(b, most, ahead, &t) })
	if err != nil {
		return nil, err // nothing was claimed after all
	}
	now := f.Now()
	if e := t.endpoint; e == nil {
		f.steady = false
		f.recall()
	} else {
		f.steady = e.steady()
		f.ring.keep(e.ring(f.scope), t.keys, now)
		m := f.meansOf(e, t.keys)
		f.mu.Lock()
		f.width, f.means = e.width(), m
		f.mu.Unlock()
		if len(t.claimed) == 0 && e.Rate > 0 && e.level(now) < 1 { // something may be due: the rate did not let it be looked at
			again := context.WithoutCancel(ctx)
			f.later.do(f.endpointID, e.rest(now), func() { f.Nudge(again, f.scope, []string{f.endpointID}) })
		}
	}
	f.Nudge(ctx, f.scope, t.told)
	return t.claimed, nil
}

// turned is what came of a turn.
type turned struct {
	endpoint *Endpoint // nil = nothing may be sent to it now
	keys     []secret.Text
	claimed  []leased
	told     []string // endpoints that hear of what became of this one
}

func (f *flight) within(b *db.Batch, most, ahead int, t *turned) error {
	now := f.Now()
	e := lock(b, f.endpointID)
	if len(f.done) > 0 {
		complete(b, f.done, now)
	}
	giveBack(b, f.back)
	if err := b.Send(); err != nil || e.ID == "" {
		return err
	}
	var err error
	if len(f.done) > 0 {
		if t.told, err = f.judge(b, f.scope, e, f.done, now); err != nil {
			return err
		}
	}
	if e.DisabledAt != nil || e.Held || e.blocked(now) || f.holds.held(e.ID, now) {
		return nil
	}
	t.endpoint = e
	if t.keys, err = f.keysFor(b, e, now); err != nil || most == 0 {
		return err
	}
	f.claims++
	return claim(b, e, f.id, f.id+"."+strconv.Itoa(f.claims), most, ahead, now, &t.claimed)
}

// steady reports whether all is well with an endpoint that takes what it can get.
func (e *Endpoint) steady() bool {
	return e.Rate == 0 && !e.probing() && e.Room == e.Concurrency && e.Failures == 0
}

// meansOf are what a request to the endpoint takes besides the event.
func (s *Service) meansOf(e *Endpoint, keys []secret.Text) *means {
	m := &means{endpoint: e, keys: keys}
	m.client, m.own, m.unfit = s.means(e)
	return m
}

// means are those of them that the endpoint holds itself.
func (s *Service) means(e *Endpoint) (*http.Client, map[string]string, error) {
	client, err := s.client(e)
	if err != nil {
		return nil, nil, err
	}
	own, err := e.ownHeaders(s.Box)
	return client, own, err
}

// keysFor returns the keys that sign for the endpoint, as they were a moment ago.
func (f *flight) keysFor(b *db.Batch, e *Endpoint, now time.Time) ([]secret.Text, error) {
	if keys := f.ring.get(e.ring(f.scope), now); keys != nil {
		return keys, nil
	}
	tx, err := b.Gorm()
	if err != nil {
		return nil, err
	}
	return keysOf(tx, f.Box, e, now)
}
