package limit

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/internal/redis"
)

// step is how long it takes until one request is back.
func (r Rate) step() time.Duration { return max(time.Microsecond, r.Window/time.Duration(r.Requests)) }

// share is what one process lets through by itself: half, and one at least. Nobody
// knows how many processes there are; two or three are common, and a limit that is
// passed by a half for some seconds does less harm than one that stops everybody.
func (r Rate) share() Rate { return Rate{max(1, r.Requests/2), r.Window} }

// A key holds the moment, in microseconds of Redis's own clock, at which all that
// was used is back. A request moves it on by a step, unless it would then lie more
// than a window ahead. One round trip, and what is refused writes nothing.
var gcra = redis.NewScript(`
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local step, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1])) or 0, now) + step
local wait = due - now - window
if wait > 0 then
  return {0, wait}
end
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000))
return {due - now, 0}`)

// shared counts in Redis: how much of the window is used, and how long to wait. It
// is not ok when Redis does not answer.
func (s *Service) shared(ctx context.Context, key string, r Rate) (used, wait time.Duration, ok bool) {
	answer, ok := s.run(ctx, gcra, []string{"rate:" + key}, r.step().Microseconds(), r.Window.Microseconds())
	pair, fits := answer.([]any)
	if !ok || !fits || len(pair) != 2 {
		return 0, 0, false
	}
	u, _ := pair[0].(int64)
	w, _ := pair[1].(int64)
	return time.Duration(u) * time.Microsecond, time.Duration(w) * time.Microsecond, true
}

// alone counts in this process, in the same way.
func (s *Service) alone(key string, r Rate) (used, wait time.Duration) {
	s.caches()
	s.local.Lock()
	defer s.local.Unlock()
	now := s.Now()
	due, ok := s.owed.Get(key)
	if !ok || due.Before(now) {
		due = now
	}
	due = due.Add(r.step())
	if wait = due.Sub(now) - r.Window; wait > 0 {
		return 0, wait
	}
	s.owed.Add(key, due)
	return due.Sub(now), 0
}
