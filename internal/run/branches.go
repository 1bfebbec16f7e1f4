package run

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// errHalted ends what goes on beside a branch that ended what both are in.
var errHalted = errors.New("another branch ended it")

// fork does n things, some at the same time, and returns what each came to, and
// what that means to the whole. What waits keeps its place among those. When one
// fails, the others end after the step that they are at, unless each is by itself.
func (k *walk) fork(outer context.Context, n, width int, isolated bool, do func(ctx context.Context, i int) (end, error)) ([]end, end, error) {
	ends := make([]end, n)
	if width = min(width, n); width == 0 {
		return ends, end{}, nil
	}
	ctx, halt := context.WithCancelCause(outer)
	defer halt(nil)
	var mu sync.Mutex
	var next int
	var failure error
	worst := end{}
	work := func() {
		for {
			mu.Lock()
			i := next
			next++
			mu.Unlock()
			if i >= n || ctx.Err() != nil {
				return
			}
			e, err := do(ctx, i)
			mu.Lock()
			ends[i] = e
			if err != nil && failure == nil {
				failure = err
			}
			if e.way == over || e.way == broken && !isolated {
				if worst.way != over && worst.way != broken || e.way == over {
					worst = e
				}
				halt(errHalted)
			}
			mu.Unlock()
			if err != nil || e.way == waits || e.way == halted {
				return
			}
		}
	}
	k.spread(width, work)
	switch {
	case failure != nil:
		return nil, end{}, failure
	case worst.way == over || worst.way == broken:
		return ends, worst, nil
	case outer.Err() != nil:
		return ends, end{way: halted}, nil
	}
	for _, e := range ends {
		if e.way == waits {
			return ends, e, nil
		}
	}
	return ends, end{}, nil
}

// rests counts who is at work in a walk, so that it is known when nobody is.
type rests struct {
	busy    int // goroutines that do something
	asleep  map[*Step]struct{}
	parking chan struct{} // closed when the run is to be parked
	parked  bool
	wake    *time.Time // when it goes on then; nil = when it is told
}

// spread runs work in some goroutines and returns when they are through. The
// caller's own place among the busy is taken by one of them.
func (k *walk) spread(width int, work func()) {
	if width == 1 {
		work()
		return
	}
	k.mu.Lock()
	k.busy += width - 1
	k.mu.Unlock()
	var all sync.WaitGroup
	left := width
	for range width {
		all.Go(func() {
			work()
			k.mu.Lock()
			defer k.mu.Unlock()
			if left--; left > 0 { // the last one's place is the caller's again
				k.leave()
			}
		})
	}
	all.Wait()
}

// alone reports whether nobody else is at work.
func (k *walk) alone() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.busy <= 1
}

// leave takes one off the busy. When there are none left, and nobody wakes up
// soon, the run is parked.
func (k *walk) leave() {
	k.busy--
	if k.busy > 0 || k.parked || len(k.asleep) == 0 {
		return
	}
	var wake *time.Time
	for s := range k.asleep {
		if s.WakeAt != nil && (wake == nil || s.WakeAt.Before(*wake)) {
			wake = s.WakeAt
		}
	}
	if wake == nil || wake.Sub(k.Now()) > atHand {
		k.parked, k.wake = true, wake
		close(k.parking)
	}
}

// rest lets a step wait until its time has come: through. If nothing else goes on
// meanwhile it waits, and the run is parked.
func (k *walk) rest(ctx context.Context, def *workflow.Step, s *Step) (end, error) {
	var timer <-chan time.Time
	if s.WakeAt != nil {
		left := s.WakeAt.Sub(k.Now())
		if left <= 0 {
			return end{}, nil
		}
		t := time.NewTimer(left)
		defer t.Stop()
		timer = t.C
	}
	k.mu.Lock()
	k.asleep[s] = struct{}{}
	k.leave()
	parked := k.parked
	k.mu.Unlock()
	if !parked { // it is seen while it waits
		if err := k.flush(ctx, nil); err != nil {
			return end{}, err
		}
	}
	select {
	case <-timer:
	case <-k.parking:
	case <-ctx.Done():
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.asleep, s)
	switch {
	case k.parked:
		return end{way: waits}, nil
	case k.ctx.Err() != nil:
		return end{}, k.stopped(def)
	}
	k.busy++
	if ctx.Err() != nil {
		return end{way: halted}, nil
	}
	return end{}, nil
}
