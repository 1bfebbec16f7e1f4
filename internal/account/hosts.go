package account

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The bounds of what one token host is asked: a slow one must not take all the
// workers, and one that is out is asked by one refresh in ten seconds, not by all.
const (
	perHost      = 16 // refreshes at once that nobody waits for
	ratePerHost  = 50 // a second
	breakAfter   = 20 // failures …
	breakWithin  = time.Minute
	breakOver    = 5 // … of so many tokens
	breakerProbe = 10 * time.Second
)

// hosts knows how the hosts that refresh tokens do, as this process saw it.
type hosts struct {
	mu sync.Mutex
	of map[string]*host
}

type host struct {
	failures []failure // of the last minute, while there is no success
	probeAt  time.Time // open: the next that may try; zero = closed
	running  int
	pace     *rate.Limiter
}

type failure struct {
	at    time.Time
	token string
}

func newHosts() *hosts { return &hosts{of: map[string]*host{}} }

func (h *hosts) at(name string) *host {
	if h.of[name] == nil {
		h.of[name] = &host{pace: rate.NewLimiter(ratePerHost, ratePerHost)}
	}
	return h.of[name]
}

// open returns how long to wait before a host may be asked; 0 = it may be now.
// While the breaker is open it lets one through at a time.
func (h *hosts) open(name string, now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.at(name)
	switch {
	case at.probeAt.IsZero():
		return 0
	case now.Before(at.probeAt):
		return at.probeAt.Sub(now)
	}
	at.probeAt = now.Add(breakerProbe)
	return 0
}

// heard puts down how a host answered. An answer of any kind that is not an
// outage closes the breaker.
func (h *hosts) heard(name, token string, out bool, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.at(name)
	if !out {
		at.failures, at.probeAt = nil, time.Time{}
		return
	}
	recent := at.failures[:0]
	tokens := map[string]bool{token: true}
	for _, f := range append(at.failures, failure{now, token}) {
		if now.Sub(f.at) < breakWithin {
			recent = append(recent, f)
			tokens[f.token] = true
		}
	}
	at.failures = recent
	if len(recent) >= breakAfter && len(tokens) >= breakOver && at.probeAt.IsZero() {
		at.probeAt = now.Add(breakerProbe)
	}
}

// full are the hosts that the scheduler leaves alone now.
func (h *hosts) full(now time.Time) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := []string{}
	for name, at := range h.of {
		if name != "" && (at.running >= perHost || now.Before(at.probeAt)) {
			names = append(names, name)
		}
	}
	return names
}

// enter counts a scheduled refresh and keeps the host's pace.
func (h *hosts) enter(ctx context.Context, name string) (leave func()) {
	h.mu.Lock()
	at := h.at(name)
	at.running++
	h.mu.Unlock()
	_ = at.pace.Wait(ctx) // ends early only with ctx
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		at.running--
	}
}
