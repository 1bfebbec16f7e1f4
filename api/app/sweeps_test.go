package app

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// A sweep that hangs, and one that always fails, stop no other; the one that
// hangs is ended, and comes again.
func TestSweepsGoOnTheirOwn(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	var hung, failed, well atomic.Int64
	again, enough := make(chan struct{}), make(chan struct{})
	s := &sweeps{every: time.Millisecond, within: time.Hour, room: 3, of: map[string]func(context.Context) error{
		"hangs": func(ctx context.Context) error {
			hung.Add(1)
			<-ctx.Done()
			return ctx.Err()
		},
		"fails": func(context.Context) error { failed.Add(1); return errors.New("out") },
		"is well": func(context.Context) error {
			if well.Add(1) == 100 {
				close(enough)
			}
			return nil
		},
	}}
	done := make(chan struct{})
	go func() { defer close(done); s.run(ctx) }()
	<-enough
	if hung.Load() > 1 {
		t.Errorf("a sweep was begun %d times before it had ended", hung.Load())
	}
	stop()
	<-done
	if failed.Load() < 2 {
		t.Errorf("a sweep that failed came %d times", failed.Load())
	}

	short := &sweeps{every: time.Millisecond, within: time.Millisecond, room: 1, of: map[string]func(context.Context) error{
		"hangs": func(ctx context.Context) error {
			if hung.Add(1) == 5 {
				close(again)
			}
			<-ctx.Done()
			return ctx.Err()
		},
	}}
	ctx, stop = context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { defer close(over); short.run(ctx) }()
	<-again
	stop()
	<-over
}

// Of many sweeps only as many are at work at once as there is room for, and each
// comes to its turn.
func TestSweepsHaveRoom(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	var at, most, turns atomic.Int64
	all := make(chan struct{})
	s := &sweeps{every: time.Millisecond, within: time.Hour, room: 2, of: map[string]func(context.Context) error{}}
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		first := true
		s.of[name] = func(context.Context) error {
			n := at.Add(1)
			defer at.Add(-1)
			for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
			}
			if first {
				first = false
				if turns.Add(1) == 6 {
					close(all)
				}
			}
			return nil
		}
	}
	done := make(chan struct{})
	go func() { defer close(done); s.run(ctx) }()
	<-all
	stop()
	<-done
	if most.Load() > 2 {
		t.Errorf("%d sweeps were at work at once", most.Load())
	}
}
