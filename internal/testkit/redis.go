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
