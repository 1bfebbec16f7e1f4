package run

import (
	"context"
	"sync"
)

// under is what this process has under way: by the run, what breaks it off.
type under struct {
	mu sync.Mutex
	of map[string]context.CancelCauseFunc
}

// add remembers how a run is broken off, until forget is called.
func (u *under) add(runID string, off context.CancelCauseFunc) (forget func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.of == nil {
		u.of = map[string]context.CancelCauseFunc{}
	}
	u.of[runID] = off
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.of, runID)
	}
}

// stop breaks a run off, if it is under way here.
func (u *under) stop(runID string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if off := u.of[runID]; off != nil {
		off(errLost)
	}
}
