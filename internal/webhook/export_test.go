package webhook

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Pure rules, for tests from outside.
var (
	Backoff         = backoff
	ParseRetryAfter = parseRetryAfter
	Clip            = clip
	Envelope        = envelope
	Lock            = lock
	Complete        = complete
	Excerpt         = excerpt
)

// Limits that tests go beyond.
const (
	InFlight = inFlight
	InARow   = inARow
	LeaseFor = sendTimeout + leaseMargin
	MostDue  = mostDue
	DueQuery = dueQuery
)

// Slots are what a process shares out.
type Slots = slots

// How much it shares out.
const (
	AtOnce        = atOnce
	AtOnceSlow    = atOnceSlow
	AtOnceProject = atOnceProject
)

// Waiting returns how many wait for a slot.
func (s *slots) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

// Draining reports whether Drain was called.
func (s *Service) Draining() bool {
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	return s.lanes.draining
}

// Outcome of an attempt.
type Outcome = outcome

// Claim claims some of a locked endpoint's deliveries and returns their ids.
func Claim(b *db.Batch, e *Endpoint, lease string, most int, now time.Time) (ids []string, err error) {
	var out []leased
	if err := claim(b, e, lease, lease, most, 0, now, &out); err != nil {
		return nil, err
	}
	err = b.Send()
	for _, d := range out {
		ids = append(ids, d.ID)
	}
	return ids, err
}

// AheadTimes is how many times as many as may be under way are claimed ahead.
const AheadTimes = aheadTimes

// CheckHeaders is for tests of what may be an endpoint's own.
var CheckHeaders = func(headers map[string]string) error {
	changes := map[string]*string{}
	for name, v := range headers {
		changes[name] = &v
	}
	return checkHeaders(mergeHeaders(nil, changes))
}

// Hears and Defaults are what an endpoint hears of, and what it is unless told otherwise.
var (
	Hears    = hears
	Defaults = defaults
)

// InBucket and Rest are for tests of the bucket.
func (e *Endpoint) InBucket(now time.Time) float64 { return e.level(now) }

// Rest is how long an endpoint rests when it has no token.
func (e *Endpoint) Rest(now time.Time) time.Duration { return e.rest(now) }

// Abandon claims what is due at an endpoint and dies.
func (s *Service) Abandon(ctx context.Context, scope tenant.Scope, endpointID string) error {
	_, err := s.newFlight(scope, endpointID, make(chan struct{}, 1)).turn(ctx, maxConcurrency, 0)
	return err
}

// Changeable are the columns that a change of settings writes.
var Changeable = changeable
