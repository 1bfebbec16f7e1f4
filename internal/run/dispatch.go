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
	shareOfFree = 3      // times what is free: so many may be under way of one environment
	mostToQueue = 500    // that a process tells others of at once
	mostInLines = 20_000 // runs that wait for their turn; more are left to the queue
	mostInLine  = 5_000  // of one environment; more are left to the sweep
)

// Dispatch is the runs that this process was told of by itself and is yet to
// advance. Environments take turns, so that a hundred thousand runs of one do not
// hold up the one of another. An environment may have three times as many under way
// as are free (192 of 256 if it is alone, 48 of the rest if it is the second): so
// there is room for the next, also beside those whose runs hang.
type Dispatch struct {
	mu      sync.Mutex
	advance func(context.Context, tenant.Scope, string) error // nil = this process does not work
	ctx     context.Context
	stop    context.CancelFunc
	known   map[string]struct{} // those that wait: a sweep may tell of them again
	lines   map[string]*crowd   // by environment
	turns   []*crowd            // those in which somebody waits
	busy    int
	done    sync.WaitGroup
}

// crowd is what waits of one environment.
type crowd struct {
	scope   tenant.Scope
	ids     []string
	busy    int
	turning bool // it takes turns
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
		if _, again := d.known[id]; !again && len(l.ids) < mostInLine {
			d.known[id] = struct{}{}
			l.ids = append(l.ids, id)
		}
	}
	d.queue(l)
	d.begin()
	return left
}

// Room is how many runs a sweep may tell of, as many as can wait here if this
// process works, and the environments of which no more can.
func (d *Dispatch) Room() (n int, full []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.advance == nil {
		return mostToQueue, nil
	}
	for _, l := range d.turns {
		if len(l.ids) >= mostInLine {
			full = append(full, l.scope.Environment())
		}
	}
	return mostInLines, full
}

// queue has a crowd take turns, if somebody waits in it.
func (d *Dispatch) queue(l *crowd) {
	if !l.turning && len(l.ids) > 0 {
		l.turning = true
		d.turns = append(d.turns, l)
	}
}

// begin advances those whose turn it is, as many as there is room for.
func (d *Dispatch) begin() {
	for d.busy < mostAtWork && d.advance != nil {
		l, id := d.next()
		if l == nil {
			return
		}
		d.busy++
		l.busy++
		d.done.Add(1)
		go d.work(d.ctx, d.advance, l, id)
	}
}

// next takes the run whose turn it is; of a crowd that has its share none is.
func (d *Dispatch) next() (*crowd, string) {
	for range len(d.turns) {
		l := d.turns[0]
		d.turns, l.turning = d.turns[1:], false
		if l.busy >= shareOfFree*(mostAtWork-d.busy) {
			d.queue(l)
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

// work advances a run, and makes room for the next.
func (d *Dispatch) work(ctx context.Context, advance func(context.Context, tenant.Scope, string) error, l *crowd, id string) {
	defer d.done.Done()
	if err := advance(ctx, l.scope, id); err != nil && ctx.Err() == nil {
		slog.ErrorContext(ctx, "a run is left to the sweep", "run", id, "error", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy--
	l.busy--
	if l.busy == 0 && len(l.ids) == 0 {
		delete(d.lines, l.scope.Environment())
	}
	d.begin()
}
