package limit

import (
	"context"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/redis"
)

// ErrHeld is the fault of what somebody asked us to wait with.
var ErrHeld = fault.New(fault.RateLimited, "app_rate_limited", "The app has asked for fewer calls. Nothing was sent; try again after the time in Retry-After.")

// sight is what is known of a key without asking Redis again.
type sight struct {
	until time.Time // held until; zero = not held
	asked time.Time
}

// glance is how long it is believed that a key is not held.
const glance = time.Second

// The longest wait of two stays.
var hold = redis.NewScript(`
if (tonumber(redis.call('GET', KEYS[1])) or 0) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 1`)

// Hold lets nothing through under a key until a moment, in every process.
func (s *Service) Hold(ctx context.Context, key string, until time.Time) {
	now := s.now()
	if s == nil || !until.After(now) {
		return
	}
	s.caches()
	if known, ok := s.seen.Get(key); !ok || until.After(known.until) {
		s.seen.Add(key, sight{until, now})
	}
	s.run(ctx, hold, []string{"hold:" + key}, until.UnixMilli(), max(1, until.Sub(now).Milliseconds()))
}

// Held returns *Exceeded when one of the keys is held. Another process's hold
// is known within a second.
func (s *Service) Held(ctx context.Context, keys ...string) error {
	if s == nil {
		return nil
	}
	s.caches()
	now := s.Now()
	var until time.Time
	var ask []string
	for _, key := range keys {
		known, ok := s.seen.Get(key)
		if known.until.After(until) {
			until = known.until
		}
		if !ok || now.Sub(known.asked) >= glance && !known.until.After(now) {
			ask = append(ask, key)
			s.seen.Add(key, sight{known.until, now}) // of many callers one asks
		}
	}
	for key, told := range s.ask(ctx, ask) {
		s.seen.Add(key, sight{told, now})
		if told.After(until) {
			until = told
		}
	}
	if !until.After(now) {
		return nil
	}
	return &Exceeded{Reset: until, In: until.Sub(now), fault: ErrHeld}
}

// ask reads what Redis knows of keys; nothing when it does not answer.
func (s *Service) ask(ctx context.Context, keys []string) map[string]time.Time {
	if len(keys) == 0 {
		return nil
	}
	full := make([]string, len(keys))
	for i, k := range keys {
		full[i] = "hold:" + k
	}
	list, ok := s.patient.Values(ctx, full)
	if !ok {
		return nil
	}
	out := map[string]time.Time{}
	for i, v := range list {
		ms, _ := strconv.ParseInt(string(v), 10, 64)
		out[keys[i]] = time.Time{}
		if ms > 0 {
			out[keys[i]] = time.UnixMilli(ms)
		}
	}
	return out
}

func (s *Service) now() time.Time {
	if s == nil {
		return time.Time{}
	}
	return s.Now()
}
