package redis_test

import (
	"context"
	"errors"
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
