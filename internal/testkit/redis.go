package testkit

import (
	"testing"

	"github.com/hibiken/asynq"

	"github.com/patchbay-dev/patchbay/internal/local"
)

// Redis starts a real Redis for this test on a unix socket and stops it after.
func Redis(t testing.TB) asynq.RedisClientOpt {
	t.Helper()
	o, err := asynq.ParseRedisURI(RedisURL(t))
	if err != nil {
		t.Fatal(err)
	}
	return o.(asynq.RedisClientOpt)
}

// RedisURL is Redis for tests that start the whole program.
func RedisURL(t testing.TB) string {
	t.Helper()
	p, err := local.StartRedis(t.Context(), local.RedisOptions{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	return p.URL()
}

// RedisCluster starts a Redis Cluster of three primaries, each with a replica.
func RedisCluster(t testing.TB) *local.RedisGroup {
	t.Helper()
	return group(t, func() (*local.RedisGroup, error) { return local.StartRedisCluster(t.Context(), "", 3) })
}

// RedisSentinel starts a Redis with a replica, and Sentinels.
func RedisSentinel(t testing.TB) *local.RedisGroup {
	t.Helper()
	return group(t, func() (*local.RedisGroup, error) { return local.StartRedisSentinel(t.Context(), "") })
}

func group(t testing.TB, start func() (*local.RedisGroup, error)) *local.RedisGroup {
	t.Helper()
	g, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			t.Error(err)
		}
	})
	return g
}
