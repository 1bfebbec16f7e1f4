// Package limit says how often things may be done: so many in a window, or not
// before a moment that somebody named.
//
// What is counted is in Redis, so that processes share it. It may be emptied or
// be away at any moment: then each process counts for itself and lets half of a
// limit through, and nothing fails.
package limit

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// Rate is a number of requests in a window of time. So many may come at once;
// what was used comes back evenly over the window (GCRA), so that who waits as
// long as Exceeded says is let through. The zero Rate is no limit.
type Rate struct {
	Requests int
	Window   time.Duration
}

// ErrThrottled is the fault of Exceeded. Clients know its sentence.
var ErrThrottled = fault.New(fault.RateLimited, "rate_limited", "Throttled")

// Exceeded is returned for what may not be done yet.
type Exceeded struct {
	Rate  Rate      // the zero Rate when it is not known
	Reset time.Time // when it may be done again
	In    time.Duration
	fault *fault.Error
}

func (e *Exceeded) Error() string { return e.fault.Error() }

// Unwrap returns the fault.
func (e *Exceeded) Unwrap() error { return e.fault }

// Seconds is In in whole seconds, one at least.
func (e *Exceeded) Seconds() int { return max(1, int(math.Ceil(e.In.Seconds()))) }

// patience is how long Redis may take, and rest how long it is let alone after
// it took longer or failed.
const (
	patience = 250 * time.Millisecond
	rest     = time.Second
)

// Service counts. A nil Service limits nothing.
type Service struct {
	DB      *db.DB
	Redis   *redis.Client
	Metrics *telemetry.Metrics
	Now     func() time.Time

	once    sync.Once
	patient *redis.Patient
	seen    *lru.Cache[string, sight]  // what is held, by key
	customs *lru.Cache[string, custom] // by hash
	local   sync.Mutex
	owed    *lru.Cache[string, time.Time] // what this process counts while Redis is away
}

func (s *Service) caches() {
	s.once.Do(func() {
		s.patient = &redis.Patient{Client: s.Redis, Within: patience, Rest: rest, Now: s.Now, Away: s.away}
		s.seen, _ = lru.New[string, sight](20_000)   // fails for a size below one
		s.customs, _ = lru.New[string, custom](1000) // as above
		s.owed, _ = lru.New[string, time.Time](50_000)
	})
}

// away is told that Redis is.
func (s *Service) away(ctx context.Context, err error) {
	s.Metrics.LimitsOpen.Inc()
	slog.WarnContext(ctx, "each process counts its rate limits itself: redis does not answer", "error", err)
}

// run runs a script. It is not ok when Redis does not answer.
func (s *Service) run(ctx context.Context, script *redis.Script, keys []string, args ...any) (answer any, ok bool) {
	s.caches()
	return s.patient.Run(ctx, script, keys, args...)
}

// Standing is what is left of a limit after a request that was let through.
type Standing struct {
	Rate      Rate // the zero Rate = there is no limit
	Remaining int
	Full      time.Duration // until all of it is back
}

// Take counts one request under a key, or returns *Exceeded when there is nothing
// left of the key's limit.
func (s *Service) Take(ctx context.Context, key string, r Rate) error {
	_, err := s.Count(ctx, key, r)
	return err
}

// Count is Take, and says what is left.
func (s *Service) Count(ctx context.Context, key string, r Rate) (Standing, error) {
	if s == nil || r.Requests <= 0 {
		return Standing{}, nil
	}
	used, wait, ok := s.shared(ctx, key, r)
	if !ok {
		r = r.share()
		used, wait = s.alone(key, r)
	}
	if wait > 0 {
		return Standing{}, &Exceeded{Rate: r, Reset: s.Now().Add(wait), In: wait, fault: ErrThrottled}
	}
	return Standing{Rate: r, Remaining: int((r.Window - used) / r.step()), Full: used}, nil
}
