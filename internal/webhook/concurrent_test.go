package webhook_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Workers at once share the work: each delivery is sent by one of them, once,
// and no more than the limit are under way to one endpoint.
func TestManyWorkers(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	to.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) {
		time.Sleep(20 * time.Millisecond) // long enough for the others to come
		w.WriteHeader(http.StatusOK)
	})
	endpoint, _ := r.project(to.URL)
	const n = 50
	r.emit(n, webhook.To{Trigger: "hi_x"})
	testkit.Warm(t, r.DB)
	var g errgroup.Group
	for range 8 {
		g.Go(func() error { return r.Deliver(t.Context(), r.scope, endpoint) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	r.deliver(endpoint) // the eight may all have found the endpoint full
	ids := map[string]int{}
	for _, c := range to.Calls() {
		ids[c.Header.Get("Webhook-Id")]++
	}
	if len(ids) != n || len(to.Calls()) != n {
		t.Fatalf("%d calls of %d events, want %d of each", len(to.Calls()), len(ids), n)
	}
	for _, d := range r.all() {
		if d.State != webhook.Delivered || len(d.Attempts) != 1 {
			t.Fatalf("%s after %v", d.State, tries(d))
		}
	}
	if most := to.AtOnce(); most > webhook.InFlight {
		t.Errorf("%d were under way at once, want at most %d", most, webhook.InFlight)
	}
}

// The first deliveries of an environment make its key. Endpoints that come to
// it at once share the one that is made; and rotations at once are one after
// the other.
func TestKeysAreMadeOneByOne(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	// together does two things at once: what either reads of the keys, neither
	// writes before both have come.
	together := func(do ...func() error) {
		t.Helper()
		var g errgroup.Group
		err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
			if err := tx.Exec("LOCK TABLE webhook_keys IN EXCLUSIVE MODE").Error; err != nil {
				return err
			}
			for _, fn := range do {
				g.Go(fn)
			}
			testkit.Waiting(t, r.DB, len(do))
			return nil
		})
		if err == nil {
			err = g.Wait()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	one, two := r.emit(1, webhook.To{URL: to.URL + "/1"})[0], r.emit(1, webhook.To{URL: to.URL + "/2"})[0]
	together(
		func() error { return r.Deliver(t.Context(), r.scope, one) },
		func() error { return r.Deliver(t.Context(), r.scope, two) },
	)
	keys := func() (n int) {
		r.in(func(tx *gorm.DB) error { return tx.Raw("SELECT count(*) FROM webhook_keys").Scan(&n).Error })
		return n
	}
	if n := len(to.Calls()); n != 2 || keys() != 1 {
		t.Fatalf("%d calls and %d keys, want 2 and 1", n, keys())
	}
	r.project(to.URL)
	rotate := func() error { _, err := r.RotateProject(t.Context(), r.scope); return err }
	together(rotate, rotate)
	if keys() != 3 {
		t.Fatalf("%d keys after two rotations, want 3", keys())
	}
}

// A delivery whose worker died is taken back when its lease has run out, with a
// line that says so, and is sent again under the same webhook-id. What the lost
// worker then brings of a failure counts for nothing.
func TestLostLease(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	reached, release := make(chan struct{}), make(chan struct{})
	to.Answer(func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			close(reached)
			<-release
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	endpoint, _ := r.project(to.URL)
	r.emit(1, webhook.To{Trigger: "hi_x"})
	var g errgroup.Group
	g.Go(func() error { return r.Deliver(t.Context(), r.scope, endpoint) })
	<-reached
	r.sweep()
	if d := r.one(); d.State != webhook.Sending || len(d.Attempts) != 0 {
		t.Fatalf("%s after %v: it was taken from a worker that is at work", d.State, tries(d))
	}
	if _, err := r.Retry(t.Context(), r.scope, r.one().ID); !errors.Is(err, webhook.ErrDeliveryBusy) {
		t.Fatal(err)
	}
	r.Pass(webhook.LeaseFor + time.Second)
	r.sweep()
	r.sweep() // by another process
	if diff := cmp.Diff([]string{"1: 0 lease_expired "}, tries(r.one())); diff != "" {
		t.Fatal(diff)
	}
	r.deliver(endpoint)
	close(release)
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	d := r.one()
	// In the order in which they began.
	if diff := cmp.Diff([]string{"1: 500 status ", "1: 0 lease_expired ", "2: 200  "}, tries(d)); diff != "" {
		t.Fatal(diff)
	}
	calls := to.Calls()
	if d.State != webhook.Delivered || len(calls) != 2 || calls[0].Header.Get("Webhook-Id") != calls[1].Header.Get("Webhook-Id") {
		t.Fatalf("%s after %d calls", d.State, len(calls))
	}
}

// A receiver that has the event is not sent it again because its answer came
// after the lease was lost.
func TestLateSuccessCounts(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	to.Answer(func(n int, _ http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			r.Pass(webhook.LeaseFor + time.Second)
			r.sweep()
		}
	})
	endpoint, _ := r.project(to.URL)
	r.emit(1, webhook.To{Trigger: "hi_x"})
	r.deliver(endpoint)
	r.Pass(time.Hour)
	r.sweep()
	r.deliver(endpoint)
	if d := r.one(); d.State != webhook.Delivered || len(to.Calls()) != 1 || len(d.Attempts) != 2 {
		t.Fatalf("%s after %v and %d calls", d.State, tries(d), len(to.Calls()))
	}
}

// A webhook that is deleted while it is sent to is no error: what was under way
// has nowhere left to be written.
func TestDeletedWhileSending(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	to.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) {
		if err := r.DeleteProject(t.Context(), r.scope); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusOK)
	})
	endpoint, _ := r.project(to.URL)
	r.emit(1, webhook.To{Trigger: "hi_x"})
	r.deliver(endpoint)
	r.deliver("whk_unknown")
}

// serve runs a real worker against Redis until the test ends.
func (r *rig) serve(redis queue.Connection) {
	r.t.Helper()
	s := queue.NewServer(redis, 4, time.Second, r.Metrics)
	s.Handle(webhook.TaskDeliver, r.Deliver)
	if err := s.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(s.Shutdown)
}

// A nudge reaches a worker; one that was lost, because Redis was dead or was
// emptied, is made good by a sweep.
func TestNudges(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T, r *rig, client *queue.Client, flush func(), endpoints []string){
		"a nudge is enough": func(t *testing.T, r *rig, client *queue.Client, _ func(), endpoints []string) {
			r.Queue = client
			r.Nudge(t.Context(), r.scope, endpoints)
		},
		"Redis was dead at the moment of the event": func(t *testing.T, r *rig, client *queue.Client, _ func(), endpoints []string) {
			r.Nudge(t.Context(), r.scope, endpoints)
			r.Queue = client
			r.sweep()
		},
		"Redis was emptied before a worker looked": func(t *testing.T, r *rig, client *queue.Client, flush func(), endpoints []string) {
			r.Queue = client
			r.Nudge(t.Context(), r.scope, endpoints)
			flush()
			r.sweep()
		},
	}
	for name, tell := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, to, opt := newRig(t), testkit.NewReceiver(t), testkit.Redis(t)
			client := queue.NewClient(opt)
			t.Cleanup(func() { _ = client.Close() })
			raw := opt.MakeRedisClient().(redis.UniversalClient)
			t.Cleanup(func() { _ = raw.Close() })
			r.project(to.URL)
			endpoints := r.emit(3, webhook.To{Trigger: "hi_x"})
			tell(t, r, client, func() {
				if n, _ := raw.DBSize(t.Context()).Result(); n == 0 {
					t.Fatal("Redis holds nothing: the test shows nothing")
				}
				if err := raw.FlushAll(t.Context()).Err(); err != nil {
					t.Fatal(err)
				}
			}, endpoints)
			r.serve(opt)
			testkit.Eventually(t, "three calls", func() bool { return len(to.Calls()) == 3 })
			testkit.Eventually(t, "three deliveries done", func() bool {
				page, err := r.List(t.Context(), r.scope, webhook.Filter{State: webhook.Delivered}, db.Cursor{})
				return err == nil && page.Total == 3
			})
		})
	}
}
