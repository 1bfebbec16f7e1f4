package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// job sends request number n, from 0 on.
type job func(ctx context.Context, n int64) error

// load is what came of many jobs.
type load struct {
	began time.Time
	took  time.Duration   // until the last one ended
	times []time.Duration // of those that succeeded
	fails int
}

// add counts one job. The first failure is told.
func (l *load) add(ctx context.Context, took time.Duration, err error) {
	switch {
	case err == nil:
		l.times = append(l.times, took)
	case ctx.Err() == nil: // else the whole run ends
		l.fails++
		if l.fails == 1 {
			progress("a request failed: %v", err)
		}
	}
}

// closed keeps workers busy for length: each begins its next job when its last
// one ended. Jobs that have begun are waited for.
func closed(ctx context.Context, workers int, length time.Duration, do job) load {
	var next atomic.Int64
	parts := make([]load, workers)
	l := load{began: now()}
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			for ctx.Err() == nil {
				began := now()
				if began.Sub(l.began) >= length {
					return
				}
				err := do(ctx, next.Add(1)-1)
				parts[i].add(ctx, time.Since(began), err)
			}
		})
	}
	wg.Wait()
	l.took = time.Since(l.began)
	for i := range parts {
		l.times = append(l.times, parts[i].times...)
		l.fails += parts[i].fails
	}
	return l
}

// paced begins perSecond jobs in each second of length, whether or not earlier
// ones have ended, and waits for all.
func paced(ctx context.Context, perSecond int, length time.Duration, do job) load {
	var wg sync.WaitGroup
	var mu sync.Mutex
	every := time.Second / time.Duration(perSecond)
	l := load{began: now()}
	for n := range int64(length / every) {
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(l.began.Add(time.Duration(n) * every))):
		}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			began := now()
			err := do(ctx, n)
			took := time.Since(began)
			mu.Lock()
			defer mu.Unlock()
			l.add(ctx, took, err)
		})
	}
	wg.Wait()
	l.took = time.Since(l.began)
	return l
}
