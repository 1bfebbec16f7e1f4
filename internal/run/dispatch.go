package run

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// How much a process takes on without a way through the queue.
const (
	mostAtWork  = 256    // runs under way
	mostOfOne   = 192    // of these, of one environment
	mostToQueue = 500    // that a process tells others of at once
	mostInLines = 20_000 // runs that wait for their turn; more are left to the queue
)

// Dispatch is the runs that this process was told of by itself and is yet to
// advance. Environments take turns, so that a thousand runs of one do not hold up
// the one of another.
type Dispatch struct {
	mu      sync.Mutex
	advance func(context.Context, tenant.Scope, string) error // nil = this process does not work
	ctx     context.Context
	stop    context.CancelFunc
	known   map[string]struct{} // those that wait: a sweep may tell of them again
	lines   map[string]*crowd   // by environment
	turns   []*crowd            // those with somebody in them
	busy    int
	done    sync.WaitGroup
}

// crowd is what waits of one environment.
type crowd struct {
	scope   tenant.Scope
	ids     []string
	busy    int
	turning bool // it is among the turns
}

// Work has this process advance the runs that it is told of, until Drain.
func (d *Dispatch) Work(ctx context.Context, advance func(context.Context, tenant.Scope, string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx)) //nolint:gosec // Drain calls it when its patience ends
	d.advance, d.lines, d.known = advance, map[string]*crowd{}, map[string]struct{}{}
}

// Drain takes no more and waits until what is under way is written down; after some
// patience it is broken off. What is not begun is found by a sweep.
func (d *Dispatch) Drain(patience time.Duration) {
	d.mu.Lock()
	working := d.advance != nil
	d.advance, d.turns = nil, nil
	d.mu.Unlock()
	if working {
		defer time.AfterFunc(patience, d.stop).Stop()
	}
	d.done.Wait()
}

// Take takes runs on and returns those that it has no room for.
func (d *Dispatch) Take(scope tenant.Scope, ids []string) (left []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.advance == nil {
		return ids
	}
	l := d.lines[scope.Environment()]
	if l == nil {
		l = &crowd{scope: scope}
		d.lines[scope.Environment()] = l
	}
	for i, id := range ids {
		if len(d.known) == mostInLines {
			left = ids[i:]
			break
		}
		if _, again := d.known[id]; !again {
			d.known[id] = struct{}{}
			l.ids = append(l.ids, id)
		}
	}
	d.queue(l)
	for d.busy < mostAtWork {
		l, id := d.next()
		if l == nil {
			break
		}
		d.busy++
		l.busy++
		d.done.Add(1)
		go d.work(d.ctx, d.advance, l, id)
	}
	return left
}

// Room is how many runs a sweep may tell of: as many as can wait here, if this
// process works.
func (d *Dispatch) Room() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.advance == nil {
		return mostToQueue
	}
	return mostInLines
}

// queue puts a crowd among those that take turns, if it has anybody who may go.
func (d *Dispatch) queue(l *crowd) {
	if !l.turning && len(l.ids) > 0 && l.busy < mostOfOne {
		l.turning = true
		d.turns = append(d.turns, l)
	}
}

// next takes the run whose turn it is.
func (d *Dispatch) next() (*crowd, string) {
	for len(d.turns) > 0 {
		l := d.turns[0]
		d.turns, l.turning = d.turns[1:], false
		if len(l.ids) == 0 || l.busy >= mostOfOne {
			continue
		}
		id := l.ids[0]
		l.ids = l.ids[1:]
		delete(d.known, id)
		d.queue(l)
		return l, id
	}
	return nil, ""
}

// work advances one run after the other as long as it is somebody's turn.
func (d *Dispatch) work(ctx context.Context, advance func(context.Context, tenant.Scope, string) error, l *crowd, id string) {
	defer d.done.Done()
	for {
		if err := advance(ctx, l.scope, id); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "a run is left to the sweep", "run", id, "error", err)
		}
		d.mu.Lock()
		l.busy--
		d.queue(l)
		if l.busy == 0 && len(l.ids) == 0 {
			delete(d.lines, l.scope.Environment())
		}
		if l, id = d.next(); l == nil || d.advance == nil {
			d.busy--
			d.mu.Unlock()
			return
		}
		l.busy++
		d.mu.Unlock()
	}
}
