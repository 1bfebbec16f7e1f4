// Package limit says how often things may be done: so many in a window, or not
// before a moment that somebody named.
//
// What is counted is in Redis, so that processes share it. It may be emptied or
// be away at any moment: then less is held back, and nothing fails.
package limit

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// Rate is a number of requests in a window of time. The zero Rate is no limit.
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

	restUntil atomic.Int64 // of Redis, in Unix nanoseconds
	once      sync.Once
	seen      *lru.Cache[string, sight]  // what is held, by key
	customs   *lru.Cache[string, custom] // by hash
}

func (s *Service) caches() {
	s.once.Do(func() {
		s.seen, _ = lru.New[string, sight](20_000)   // fails for a size below one
		s.customs, _ = lru.New[string, custom](1000) // as above
	})
}

// The window begins with its first request.
var count = redis.NewScript(`
local n = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[1])
  redis.call('PEXPIRE', KEYS[1], left)
end
return {n, left}`)

// Take counts one request under a key, or returns *Exceeded when the key's
// window is full. It lets everything through while Redis does not answer.
func (s *Service) Take(ctx context.Context, key string, r Rate) error {
	if s == nil || r.Requests <= 0 {
		return nil
	}
	answer, ok := s.run(ctx, count, []string{"limit:" + key}, r.Window.Milliseconds())
	pair, fits := answer.([]any)
	if !ok || !fits || len(pair) != 2 {
		return nil
	}
	n, _ := pair[0].(int64)
	left, _ := pair[1].(int64)
	if n <= int64(r.Requests) {
		return nil
	}
	in := time.Duration(left) * time.Millisecond
	return &Exceeded{Rate: r, Reset: s.Now().Add(in), In: in, fault: ErrThrottled}
}

// run runs a script. It is not ok when Redis did not answer in time or has not
// a moment ago.
func (s *Service) run(ctx context.Context, script *redis.Script, keys []string, args ...any) (answer any, ok bool) {
	now := s.Now()
	if s.Redis == nil || now.UnixNano() < s.restUntil.Load() {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience) // a caller that hangs up is no failure of Redis
	defer cancel()
	answer, err := s.Redis.Run(ctx, script, keys, args...)
	if err != nil {
		s.restUntil.Store(now.Add(rest).UnixNano())
		s.Metrics.LimitsOpen.Inc()
		slog.WarnContext(ctx, "rate limits do not hold: redis does not answer", "error", err)
		return nil, false
	}
	return answer, true
}
