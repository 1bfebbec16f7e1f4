package chaos

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// try is one request with an event. Each has a key of its own: a request whose
// answer got lost may be an event all the same.
type try struct {
	Key, Trigger string
	Taken        bool // it was answered 2xx
	At           time.Time
	Took         time.Duration
}

// atOnce is how many events are on their way to the servers.
const atOnce = 24

// emit sends n events, each again until it is taken.
func (l *lab) emit(ctx context.Context, n int, to func(i int) *trigger) error {
	var next, taken atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, atOnce)
	began := time.Now()
	for range atOnce {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if l.Rate > 0 {
					time.Sleep(time.Until(began.Add(time.Second * time.Duration(i) / time.Duration(l.Rate))))
				}
				if err := l.one(ctx, to(i)); err != nil {
					errs <- err
					return
				}
				if done := int(taken.Add(1)); done == n/2 && n == l.Events {
					if err := l.rotate(ctx, l.kindOf("rotated")); err != nil {
						errs <- err
						return
					}
				} else if done%5000 == 0 {
					l.say("%d taken", done)
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return ctx.Err() //nolint:wrapcheck // the caller's own
	}
}

// one sends an event until it is taken, to one server and then the other.
func (l *lab) one(ctx context.Context, t *trigger) error {
	if t.hears[0].name == ordered {
		t.turn.Lock()
		defer t.turn.Unlock()
	}
	i := int(l.sent.Add(1))
	for n := 0; ; n++ {
		key := fmt.Sprintf("%s/%d.%d", t.hears[0].name, i, n)
		if n > 300 {
			return fmt.Errorf("event %s is not taken", key)
		}
		url := "http://" + l.addresses.at(i+n) + t.path
		began := time.Now()
		status, _, _ := l.api.sendBare(ctx, url, `{"key":"`+key+`","pad":"`+strings.Repeat("x", 200)+`"}`)
		l.mu.Lock()
		l.tries = append(l.tries, try{key, t.id, status == http.StatusOK, time.Now(), time.Since(began)})
		l.mu.Unlock()
		if status == http.StatusOK {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err //nolint:wrapcheck // the caller's own
		}
		time.Sleep(pause(n))
	}
}

// sendBare sends an event as the world does, which has no token.
func (c *client) sendBare(ctx context.Context, url, body string) (int, []byte, error) {
	bare := client{http: c.http}
	return bare.send(ctx, http.MethodPost, url, []byte(body))
}

// mixed spreads events over the receivers, by their shares.
func (l *lab) mixed(i int) *trigger {
	n := (i*37 + i/100*11) % 100
	for _, t := range l.triggers {
		if n -= t.hears[0].share; n < 0 {
			if most := t.hears[0].most; most > 0 && i/100 >= most {
				break
			}
			return t
		}
	}
	return l.triggers[0]
}

// to sends all to one.
func (l *lab) to(name string) func(int) *trigger {
	t := l.kindOf(name)
	return func(int) *trigger { return t }
}
