package workflow

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Retry says how often a step is tried that failed, and after which failures.
type Retry struct {
	Attempts int      `json:"attempts"`         // in all
	Delay    string   `json:"delay,omitempty"`  // before the second; "" = 10s
	Factor   float64  `json:"factor,omitempty"` // by which each wait is longer than the last; 0 = 2
	Jitter   *float64 `json:"jitter,omitempty"` // the share of a wait by which it is shorter or longer by chance; nil = 0.1
	On       []string `json:"on,omitempty"`     // classes; none = those that may pass
}

// The classes of failures, beside TimedOut and OutOfMemory.
const (
	OnUnavailable = "unavailable"  // the app or the network was out
	OnRateLimited = "rate_limited" // it was asked too often
	OnOther       = "other"        // anything else: a refusal, or code that failed
)

var (
	classes = []string{OnUnavailable, OnRateLimited, TimedOut, OutOfMemory, OnOther}
	pass    = []string{OnUnavailable, OnRateLimited, TimedOut}
)

// defaultJitter keeps those apart that failed together.
const defaultJitter = 0.1

func (r *Retry) check(where string) error {
	switch {
	case r == nil:
		return nil
	case r.Attempts < 1 || r.Attempts > maxAttempts:
		return invalid(where+".attempts", "it is a number from 1 to %d", maxAttempts)
	case r.Factor != 0 && (r.Factor < 1 || r.Factor > 10):
		return invalid(where+".factor", "it is a number from 1 to 10")
	case r.Jitter != nil && (*r.Jitter < 0 || *r.Jitter > 1):
		return invalid(where+".jitter", "it is a number from 0 to 1")
	}
	for _, class := range r.On {
		if !slices.Contains(classes, class) {
			return invalid(where+".on", "%q is not %s", class, strings.Join(classes, ", "))
		}
	}
	if r.Delay != "" {
		if _, err := Duration(r.Delay); err != nil {
			return invalid(where+".delay", "%s", err)
		}
	}
	return nil
}

// After reports whether a step is tried again after a failure of a class.
func (r *Retry) After(class string) bool {
	if len(r.On) == 0 {
		return slices.Contains(pass, class)
	}
	return slices.Contains(r.On, class)
}

// Wait returns how long is waited after the n-th attempt, n from 1 on: an hour at
// the most, but for what chance adds.
func (r *Retry) Wait(n int) time.Duration {
	d := 10 * time.Second
	if r.Delay != "" {
		d, _ = Duration(r.Delay) // it was checked
	}
	jitter := defaultJitter
	if r.Jitter != nil {
		jitter = *r.Jitter
	}
	return backoff(n, d, r.Factor, time.Hour, jitter)
}

// backoff is how long is waited after the n-th failure, n from 1 on: each wait is
// longer than the last by a factor (0 = 2), up to a longest one, and then shorter or
// longer by chance by a share of it.
func backoff(n int, wait time.Duration, factor float64, longest time.Duration, jitter float64) time.Duration {
	if factor == 0 {
		factor = 2
	}
	wait = min(wait, longest)
	for range n - 1 {
		wait = min(time.Duration(float64(wait)*factor), longest)
	}
	return time.Duration((1 - jitter + 2*jitter*rand.Float64()) * float64(wait)) //nolint:gosec // no secret
}
