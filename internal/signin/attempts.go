package signin

import (
	"context"
	"encoding/hex"
	"log/slog"
	"math"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// ErrTooMany is the fault of Wait.
var ErrTooMany = fault.New(fault.RateLimited, "too_many_sign_ins", "There were too many attempts. Wait, and try again.")

// Wait is returned to who tried too often.
type Wait struct{ For time.Duration }

func (w *Wait) Error() string { return ErrTooMany.Error() }

// Unwrap returns the fault.
func (w *Wait) Unwrap() error { return ErrTooMany }

// Seconds is the time to wait in whole seconds, one at least.
func (w *Wait) Seconds() int { return max(1, int(math.Ceil(w.For.Seconds()))) }

// rule says how failures are held back: so many are free, and then each has the
// next wait twice as long, up to a time that keeps no rightful owner out for long.
type rule struct {
	free        int
	first, most time.Duration
}

var (
	ofEmail   = rule{5, 2 * time.Second, 5 * time.Minute}
	ofDevice  = rule{10, 2 * time.Second, time.Minute} // where the person signed in before: what strangers do elsewhere does not count here
	ofAddress = rule{20, time.Second, time.Minute}     // which many may share
	ofCode    = rule{5, 2 * time.Second, 5 * time.Minute}
	ofPasskey = rule{60, time.Second, time.Minute} // each is a row until it ends
	ofLetter  = rule{3, time.Minute, time.Hour}
	ofLetters = rule{20, time.Second, 10 * time.Minute} // from one address
)

// remembered is how long nothing may be tried until failures are forgotten.
const remembered = time.Hour

// wait is how long to wait after n failures.
func (r rule) wait(n int) time.Duration {
	if n < r.free {
		return 0
	}
	return min(r.most, r.first<<min(n-r.free, 20))
}

// slot is what attempts are counted by.
type slot struct {
	rule rule
	key  string
}

// of makes a slot; what is counted by may be somebody's e-mail, and is hashed.
func (r rule) of(kind, what string) slot {
	return slot{r, "signin:" + kind + ":" + hex.EncodeToString(token.Hash(strings.ToLower(strings.TrimSpace(what)))[:16])}
}

// attempts are counted in Redis, so that all processes share them, and in this
// process while Redis is away.
type attempts struct {
	redis *redis.Patient
	now   func() time.Time

	mu  sync.Mutex
	own *lru.Cache[string, tally]
}

type tally struct {
	n     int
	next  time.Time // before which nothing may be tried
	until time.Time // when it is forgotten
}

func newAttempts(r *redis.Client, now func() time.Time) *attempts {
	own, _ := lru.New[string, tally](20_000) // fails for a size below one only
	return &attempts{redis: &redis.Patient{Client: r, Within: 500 * time.Millisecond, Rest: time.Second, Now: now, Away: away}, now: now, own: own}
}

// away is told that Redis is.
func away(ctx context.Context, err error) {
	slog.WarnContext(ctx, "attempts to sign in are counted by each process for itself: redis does not answer", "error", err)
}

// An attempt counts as a failure from its beginning, so that a hundred at once
// are no more than one after the other.
var attempt = redis.NewScript(`
local n = tonumber(redis.call('HGET', KEYS[1], 'n') or '0')
local next = tonumber(redis.call('HGET', KEYS[1], 'next') or '0')
local now = tonumber(ARGV[1])
if now < next then return next - now end
n = n + 1
local wait = 0
if n >= tonumber(ARGV[2]) then
  wait = math.min(tonumber(ARGV[4]), tonumber(ARGV[3]) * 2 ^ math.min(n - tonumber(ARGV[2]), 20))
end
redis.call('HSET', KEYS[1], 'n', n, 'next', string.format('%.0f', now + wait))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 0`)

var giveBack = redis.NewScript(`
local n = tonumber(redis.call('HGET', KEYS[1], 'n') or '0')
if n > 0 then redis.call('HSET', KEYS[1], 'n', n - 1, 'next', 0) end
return 0`)

// begin counts an attempt in each slot, or returns *Wait and counts it in none
// that comes after the one that is full.
func (a *attempts) begin(ctx context.Context, slots ...slot) error {
	for _, s := range slots {
		r, now := s.rule, a.now()
		answer, ok := a.redis.Run(ctx, attempt, []string{s.key}, now.UnixMilli(), r.free, r.first.Milliseconds(), r.most.Milliseconds(), remembered.Milliseconds())
		left, fits := answer.(int64)
		wait := time.Duration(left) * time.Millisecond
		if !ok || !fits {
			wait = a.beginHere(s, now)
		}
		if wait > 0 {
			return &Wait{For: wait}
		}
	}
	return nil
}

func (a *attempts) beginHere(s slot, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, _ := a.own.Get(s.key)
	if !now.Before(t.until) {
		t = tally{}
	}
	if now.Before(t.next) {
		return t.next.Sub(now)
	}
	t.n++
	t.next, t.until = now.Add(s.rule.wait(t.n)), now.Add(remembered)
	a.own.Add(s.key, t)
	return 0
}

// succeeded takes back what begin counted.
func (a *attempts) succeeded(ctx context.Context, slots ...slot) {
	for _, s := range slots {
		a.redis.Run(ctx, giveBack, []string{s.key})
		a.mu.Lock()
		if t, ok := a.own.Get(s.key); ok && t.n > 0 {
			t.n, t.next = t.n-1, time.Time{}
			a.own.Add(s.key, t)
		}
		a.mu.Unlock()
	}
}

// forget begins the slots anew: whoever succeeded is their rightful owner.
func (a *attempts) forget(ctx context.Context, slots ...slot) {
	for _, s := range slots {
		a.redis.Remove(ctx, s.key)
		a.own.Remove(s.key)
	}
}
