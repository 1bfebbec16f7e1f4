package queue_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/patchbay-dev/patchbay/internal/local"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"redis://:pw@r:6379/2": "{Network: Addr:r:6379 Username: Password:pw DB:2",
		"redis-sentinel://app:pw@a:1,b/3?master=m&sentinel_user=w&sentinel_password=s": "{MasterName:m SentinelAddrs:[a:1 b:26379] SentinelUsername:w SentinelPassword:s Username:app Password:pw DB:3",
		"redis-cluster://app:pw@a:7000,b:7001,c":                                       "{Addrs:[a:7000 b:7001 c:6379] ",
		"redis-cluster://[::1]:7000,[::1]":                                             "{Addrs:[[::1]:7000 [::1]:6379] ",
		"redis-cluster://a:70000":                                                      "",
		"redis-cluster://a/0":                                                          "{Addrs:[a:6379] ",
		"redis-cluster://a/1":                                                          "",
		"redis-cluster://a,,b":                                                         "",
		"redis-cluster://":                                                             "",
		"redis-cluster://:7000":                                                        "",
		"redis-sentinel://a:1":                                                         "",
		"redis-sentinel://a:1/x?master=m":                                              "",
		"redis-sentinel://a:1/-1?master=m":                                             "",
		"redis-herd://a:1":                                                             "",
		"redis-cluster://a b":                                                          "",
	} {
		c, err := queue.Parse(url)
		if (err != nil) != (want == "") {
			t.Errorf("Parse(%q) = %v", url, err)
			continue
		}
		if got := fmt.Sprintf("%+v", c); err == nil && (len(got) < len(want) || got[:len(want)] != want) {
			t.Errorf("Parse(%q) = %s, want %s", url, got, want)
		}
	}
	for url, secure := range map[string]bool{"rediss-cluster://app:pw@a,b": true, "redis-cluster://app:pw@a,b": false} {
		c, err := queue.Parse(url)
		if err != nil {
			t.Fatal(err)
		}
		made, ok := c.MakeRedisClient().(*redis.ClusterClient)
		if !ok || !queue.Clustered(c) {
			t.Fatalf("%s: %+v", url, c)
		}
		if o := made.Options(); o.Username != "app" || o.Password != "pw" || (o.TLSConfig != nil) != secure {
			t.Errorf("%s: %q %q %v", url, o.Username, o.Password, o.TLSConfig)
		}
		_ = made.Close()
	}
	c, err := queue.Parse("rediss-sentinel://a,b?master=m")
	if of, ok := c.(asynq.RedisFailoverClientOpt); err != nil || !ok || of.TLSConfig == nil || queue.Clustered(c) {
		t.Errorf("%+v, %v", c, err)
	}
}

// A cluster takes nudges, tells how the queue is, and goes on when the server that
// holds the queue is killed.
func TestCluster(t *testing.T) {
	t.Parallel()
	survives(t, testkit.RedisCluster(t))
}

// So does a Redis that Sentinels watch.
func TestSentinel(t *testing.T) {
	t.Parallel()
	survives(t, testkit.RedisSentinel(t))
}

func survives(t *testing.T, g *local.RedisGroup) {
	t.Helper()
	opt, err := queue.Parse(g.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := queue.NewClient(opt)
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Ping(); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1000)
	s := queue.NewServer(opt, 2, time.Second, telemetry.NewMetrics())
	s.Handle("run:advance", func(_ context.Context, _ tenant.Scope, id string) error {
		got <- id
		return nil
	})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	arrives := func(id string) bool { // of a nudge that may be lost
		client.Nudge(t.Context(), "run:advance", tenant.NewScope("p", "e", "development"), id)
		for {
			select {
			case one := <-got:
				if one == id {
					return true
				}
			case <-time.After(time.Second):
				return false
			}
		}
	}
	testkit.Eventually(t, "a nudge arrives", func() bool { return arrives("before") })
	testkit.Eventually(t, "the worker is told of", func() bool {
		state, err := queue.Look(opt)
		return err == nil && len(state.Workers) == 1 && len(state.Lanes) == 1 && state.Lanes[0].Done > 0
	})
	holder := 0
	if queue.Clustered(opt) {
		if holder, err = g.Primary(t.Context(), "asynq:{default}:pending"); err != nil || holder < 0 {
			t.Fatal(holder, err)
		}
	}
	if err := g.Crash(holder); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "a nudge arrives by the server that took over", func() bool { return arrives("after") })
}
