package redis_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

func client(t *testing.T, url string) *redis.Client {
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
	return c
}

func TestKeys(t *testing.T) {
	t.Parallel()
	c := client(t, testkit.RedisURL(t))
	for _, key := range []string{"spool:a", "spool:b", "other"} {
		if err := c.Set(t.Context(), key, []byte(key), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Remove(t.Context(), "spool:b"); err != nil {
		t.Fatal(err)
	}
	keys, err := c.Keys(t.Context(), "spool:")
	if err != nil || !slices.Equal(keys, []string{"spool:a"}) {
		t.Fatal(keys, err)
	}
	if b, err := c.Get(t.Context(), "other"); err != nil || string(b) != "other" {
		t.Fatal(string(b), err)
	}
	if _, err := c.Get(t.Context(), "spool:b"); !errors.Is(err, redis.ErrMissing) {
		t.Fatalf("Get() = %v, want ErrMissing", err)
	}
	add := redis.NewScript(`return redis.call('INCRBY', KEYS[1], ARGV[1])`)
	if v, err := c.Run(t.Context(), add, []string{"count"}, 2); err != nil || v != int64(2) {
		t.Fatal(v, err)
	}
}

// A cluster has keys on several servers: they are found there, listed and read
// together. What a script does to several keys is of one server.
func TestCluster(t *testing.T) {
	t.Parallel()
	g := testkit.RedisCluster(t)
	c, other := client(t, g.URL()), client(t, g.URL())
	var names []string
	for i := range 30 {
		name := fmt.Sprintf("spool:%02d", i)
		if err := c.Set(t.Context(), name, []byte(name), 0); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if keys, err := other.Keys(t.Context(), "spool:"); err != nil || !slices.Equal(keys, names) {
		t.Fatal(keys, err)
	}
	values, err := other.Values(t.Context(), append([]string{"missing"}, names...))
	if err != nil || len(values) != 31 || values[0] != nil || string(values[1]) != "spool:00" || string(values[30]) != "spool:29" {
		t.Fatal(values, err)
	}
	swap := redis.NewScript(`redis.call('SET', KEYS[2], redis.call('GET', KEYS[1])) return redis.call('GET', KEYS[2])`)
	if _, err := c.Run(t.Context(), swap, []string{"spool:00", "spool:01"}); err == nil {
		t.Fatal("a script has keys of several servers")
	}
	if err := c.Set(t.Context(), "{spool}:a", []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Run(t.Context(), swap, []string{"{spool}:a", "{spool}:b"}); err != nil || v != "x" {
		t.Fatal(v, err)
	}
	live, heard := make(chan bool, 100), make(chan string, 100)
	go c.Listen(t.Context(), "accounts", func(ok bool) { live <- ok }, func(m string) { heard <- m })
	if !<-live {
		t.Fatal("it does not hear")
	}
	if err := other.Publish(t.Context(), "accounts", "before"); err != nil || <-heard != "before" {
		t.Fatal(err)
	}
	holder, err := g.Primary(t.Context(), "patchbay:accounts")
	if err != nil || holder < 0 {
		t.Fatal(holder, err)
	}
	if err := g.Crash(holder); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "what is published is heard again", func() bool {
		if err := other.Publish(t.Context(), "accounts", "after"); err != nil {
			return false
		}
		select {
		case m := <-heard:
			return m == "after"
		case <-time.After(100 * time.Millisecond):
			return false
		}
	})
	testkit.Eventually(t, "all keys are read from those that are left", func() bool {
		keys, err := c.Keys(t.Context(), "spool:")
		return err == nil && slices.Equal(keys, names)
	})
}

// A listener knows whether it hears, and hears what is published meanwhile.
func TestListen(t *testing.T) {
	t.Parallel()
	url := testkit.RedisURL(t)
	c, other := client(t, url), client(t, url)
	live, heard := make(chan bool, 4), make(chan string, 4)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		c.Listen(ctx, "accounts", func(ok bool) { live <- ok }, func(m string) { heard <- m })
		close(ended)
	}()
	if !<-live {
		t.Fatal("it does not hear")
	}
	if err := other.Publish(t.Context(), "accounts", "apn_1"); err != nil {
		t.Fatal(err)
	}
	if m := <-heard; m != "apn_1" {
		t.Fatalf("heard %q", m)
	}
	stop()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
	if <-live {
		t.Fatal("it says that it hears")
	}
}

func TestAway(t *testing.T) {
	t.Parallel()
	c := client(t, "redis://127.0.0.1:1")
	if err := c.Publish(t.Context(), "accounts", "x"); err == nil {
		t.Error("Publish() = nil")
	}
	if _, err := c.Get(t.Context(), "x"); err == nil || errors.Is(err, redis.ErrMissing) {
		t.Errorf("Get() = %v", err)
	}
}

// Who can do without is told that Redis is away once, lets it rest, and asks again
// when it has rested; a caller that hung up is no failure.
func TestPatient(t *testing.T) {
	t.Parallel()
	clock, told := testkit.NewClock(), 0
	one := redis.NewScript(`return 1`)
	p := &redis.Patient{Client: client(t, "redis://127.0.0.1:1"), Within: time.Minute, Rest: time.Second, Now: clock.Now, Away: func(context.Context, error) { told++ }}
	for i, want := range []int{1, 1, 2} {
		if i == 2 {
			clock.Pass(time.Second)
		}
		if _, ok := p.Run(t.Context(), one, []string{"k"}); ok || told != want {
			t.Fatalf("ask %d: ok %v, told %d times", i, ok, told)
		}
	}
	p.Client = client(t, testkit.RedisURL(t))
	if _, ok := p.Run(t.Context(), one, []string{"k"}); ok {
		t.Fatal("it was not let rest")
	}
	clock.Pass(time.Second)
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	if v, ok := p.Run(gone, one, []string{"k"}); !ok || v != int64(1) || told != 2 {
		t.Fatal(v, ok, told)
	}
	if err := p.Client.Set(t.Context(), "k", []byte("v"), 0); err != nil {
		t.Fatal(err)
	}
	p.Remove(t.Context(), "k")
	if _, err := p.Client.Get(t.Context(), "k"); !errors.Is(err, redis.ErrMissing) {
		t.Fatalf("Get() = %v", err)
	}
	p.Client = nil
	if _, ok := p.Run(t.Context(), one, nil); ok {
		t.Fatal("nothing answered")
	}
}
