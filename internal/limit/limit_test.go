package limit_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

func service(t *testing.T, url string, clock *testkit.Clock) *limit.Service {
	t.Helper()
	at, err := queue.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	c, err := redis.New(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &limit.Service{Redis: c, Metrics: telemetry.NewMetrics(), Now: clock.Now}
}

// Two processes count together, keys apart, and the answer says when to come again.
func TestTake(t *testing.T) {
	t.Parallel()
	clock, url := testkit.NewClock(), testkit.RedisURL(t)
	one, two := service(t, url, clock), service(t, url, clock)
	r := limit.Rate{Requests: 3, Window: time.Hour}
	for i, s := range []*limit.Service{one, two, one} {
		if err := s.Take(t.Context(), "k", r); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	err := two.Take(t.Context(), "k", r)
	e, ok := errors.AsType[*limit.Exceeded](err)
	if !ok || !errors.Is(err, limit.ErrThrottled) || e.Rate != r || e.In <= 0 || e.In > time.Hour || e.Seconds() < 1 || !e.Reset.After(clock.Now()) {
		t.Fatalf("%+v, %v", e, err)
	}
	if err := one.Take(t.Context(), "other", r); err != nil {
		t.Fatal(err)
	}
	if err := one.Take(t.Context(), "k", limit.Rate{}); err != nil {
		t.Fatalf("no limit is a limit: %v", err)
	}
	var none *limit.Service
	if err := none.Take(t.Context(), "k", r); err != nil {
		t.Fatal(err)
	}
	short := limit.Rate{Requests: 1, Window: time.Second}
	if err := one.Take(t.Context(), "short", short); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the end of the window", func() bool { return one.Take(t.Context(), "short", short) == nil })
}

// A wish to wait is known to other processes, the longest of several holds, and
// it ends. An emptied Redis is forgotten by those who did not hear of it.
func TestHold(t *testing.T) {
	t.Parallel()
	clock, url := testkit.NewClock(), testkit.RedisURL(t)
	one, two, three := service(t, url, clock), service(t, url, clock), service(t, url, clock)
	if err := two.Held(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	one.Hold(t.Context(), "b", clock.Now().Add(time.Minute))
	one.Hold(t.Context(), "b", clock.Now().Add(time.Second))
	one.Hold(t.Context(), "past", clock.Now().Add(-time.Second))
	err := one.Held(t.Context(), "a", "b")
	if e, ok := errors.AsType[*limit.Exceeded](err); !ok || e.In != time.Minute || !errors.Is(err, limit.ErrHeld) {
		t.Fatalf("Held() = %v", err)
	}
	if err := three.Held(t.Context(), "a", "b"); !errors.Is(err, limit.ErrHeld) {
		t.Errorf("another process: Held() = %v", err)
	}
	clock.Pass(2 * time.Second)
	if err := two.Held(t.Context(), "a", "b"); !errors.Is(err, limit.ErrHeld) {
		t.Errorf("a process that had looked before: Held() = %v", err)
	}
	if err := one.Held(t.Context(), "a", "past"); err != nil {
		t.Error(err)
	}
	clock.Pass(time.Minute)
	if err := one.Held(t.Context(), "a", "b"); err != nil {
		t.Errorf("after its end: Held() = %v", err)
	}
	var none *limit.Service
	none.Hold(t.Context(), "a", clock.Now().Add(time.Hour))
	if err := none.Held(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

// Without Redis a process lets half of a limit through, and what it heard itself
// holds. What was used comes back as time passes.
func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	s := service(t, "redis://127.0.0.1:1", clock)
	r := limit.Rate{Requests: 6, Window: time.Hour}
	for i := range 3 {
		if got, err := s.Count(t.Context(), "k", r); err != nil || got.Remaining != 2-i {
			t.Fatalf("request %d: %+v, %v", i, got, err)
		}
	}
	err := s.Take(t.Context(), "k", r)
	e, ok := errors.AsType[*limit.Exceeded](err)
	if !ok || e.In != 20*time.Minute {
		t.Fatalf("half of the limit is used: %v", err)
	}
	if err := s.Take(t.Context(), "other", limit.Rate{Requests: 1, Window: time.Hour}); err != nil {
		t.Fatalf("a limit of one lets one through: %v", err)
	}
	clock.Pass(e.In)
	if err := s.Take(t.Context(), "k", r); err != nil {
		t.Fatalf("after as long as it said: %v", err)
	}
	if err := s.Held(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	s.Hold(t.Context(), "k", clock.Now().Add(time.Minute))
	if err := s.Held(t.Context(), "k"); !errors.Is(err, limit.ErrHeld) {
		t.Fatalf("Held() = %v", err)
	}
}

// Of many that come at once, from two processes, as many are let through as the
// limit says, and each knows what is left.
func TestCountAtOnce(t *testing.T) {
	t.Parallel()
	clock, url := testkit.NewClock(), testkit.RedisURL(t)
	one, two := service(t, url, clock), service(t, url, clock)
	r := limit.Rate{Requests: 10, Window: 24 * time.Hour}
	var through, refused atomic.Int64
	var left sync.Map
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			got, err := []*limit.Service{one, two}[i%2].Count(t.Context(), "k", r)
			if err != nil {
				refused.Add(1)
				return
			}
			through.Add(1)
			left.Store(got.Remaining, true)
		})
	}
	wg.Wait()
	if through.Load() != 10 || refused.Load() != 30 {
		t.Fatalf("%d were let through and %d refused", through.Load(), refused.Load())
	}
	for n := range 10 {
		if _, ok := left.Load(n); !ok {
			t.Errorf("nobody was told that %d are left", n)
		}
	}
}
