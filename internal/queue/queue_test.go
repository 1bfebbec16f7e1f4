package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

type task struct {
	scope tenant.Scope
	id    string
}

// A nudge brings a worker the scope and the id, though its sender has hung up;
// what is no nudge of ours is put aside and stops nobody; a worker that fails
// is asked again.
func TestNudge(t *testing.T) {
	t.Parallel()
	opt := testkit.Redis(t)
	client := queue.NewClient(opt)
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Ping(); err != nil {
		t.Fatal(err)
	}
	raw := asynq.NewClient(opt)
	t.Cleanup(func() { _ = raw.Close() })
	if _, err := raw.Enqueue(asynq.NewTask("run:advance", []byte("{"))); err != nil {
		t.Fatal(err)
	}
	scope := tenant.NewScope("proj_1", "env_1", tenant.Production)
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	client.Nudge(gone, "run:advance", scope, "run_1")
	got := make(chan task, 10)
	s := queue.NewServer(opt, 2, time.Second, telemetry.NewMetrics())
	s.Handle("run:advance", func(_ context.Context, s tenant.Scope, id string) error {
		got <- task{s, id}
		return nil
	})
	s.Handle("webhook:deliver", func(context.Context, tenant.Scope, string) error { return errors.New("an outage") })
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	if tk := <-got; tk != (task{scope, "run_1"}) {
		t.Fatalf("%+v", tk)
	}
	client.Nudge(t.Context(), "webhook:deliver", scope, "whk_1")
	look := asynq.NewInspector(opt)
	t.Cleanup(func() { _ = look.Close() })
	testkit.Eventually(t, "the failed task waits to be tried again, the broken one does not", func() bool {
		info, err := look.GetQueueInfo("default")
		return err == nil && info.Retry == 1 && info.Archived == 1 && info.Active == 0
	})
	testkit.Eventually(t, "the worker is told of, and what became of the tasks", func() bool {
		state, err := queue.Look(opt)
		return err == nil && len(state.Workers) == 1 && state.Workers[0].Concurrency == 2 && len(state.Workers[0].Tasks) == 0 && !state.Workers[0].Stopping &&
			len(state.Lanes) == 1 && state.Lanes[0].Retry == 1 && state.Lanes[0].Archived == 1 && state.Lanes[0].Failed > 0 && state.Lanes[0].Pending == 0
	})
}

// A nudge to a Redis that is not there is lost, and costs its sender no more
// than a moment: what it speaks of is committed already.
func TestNudgeToNobody(t *testing.T) {
	t.Parallel()
	c, err := queue.Parse("redis-socket://" + t.TempDir() + "/none")
	if err != nil {
		t.Fatal(err)
	}
	client := queue.NewClient(c)
	t.Cleanup(func() { _ = client.Close() })
	client.Nudge(t.Context(), "run:advance", tenant.NewScope("p", "e", "development"), "run_1") // comes back
	if err := client.Ping(); err == nil {
		t.Error("a Redis that is not there answers")
	}
	if _, err := queue.Parse("http://x"); err == nil {
		t.Error("an address of another kind is taken for a Redis")
	}
}
