package webhook

import (
	"maps"
	"sync"
	"time"
)

// later looks at an endpoint again after a while, once for all who ask. It is
// lost with the process: then Sweep does.
type later struct {
	mu      sync.Mutex
	waiting map[string]bool
}

func (l *later) do(endpointID string, wait time.Duration, fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting[endpointID] {
		return
	}
	if l.waiting == nil {
		l.waiting = map[string]bool{}
	}
	l.waiting[endpointID] = true
	time.AfterFunc(wait, func() {
		l.mu.Lock()
		delete(l.waiting, endpointID)
		l.mu.Unlock()
		fn()
	})
}

// holds is until when nothing is sent to an endpoint because the way out did
// not work for it. It is this process's alone: others find out by themselves.
type holds struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// proxyPause is how long an endpoint is left alone after the egress proxy failed.
const proxyPause = 5 * time.Second

func (h *holds) hold(endpointID string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.until == nil {
		h.until = map[string]time.Time{}
	}
	maps.DeleteFunc(h.until, func(_ string, until time.Time) bool { return !now.Before(until) })
	h.until[endpointID] = now.Add(proxyPause)
}

func (h *holds) held(endpointID string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return now.Before(h.until[endpointID])
}
