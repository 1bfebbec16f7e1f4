package webhook_test

import (
	"net/http"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// A receiver that keeps one delivery waiting gets the others meanwhile, those
// too that come later; and whoever nudged is free at once.
func TestWhileOneHangs(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	hanging, release := make(chan struct{}), make(chan struct{})
	to.Answer(func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			close(hanging)
			<-release
		}
		w.WriteHeader(http.StatusOK)
	})
	r.Client = testkit.Guard().Narrow(time.Minute, 64)
	endpoint := r.add(to.URL, webhook.Change{TimeoutMs: new(30_000)}).ID // it hangs for as long as the others take
	r.emit(1, webhook.To{Project: true})
	dispatch := func() {
		if err := r.Dispatch(t.Context(), r.scope, endpoint); err != nil {
			t.Fatal(err)
		}
	}
	delivered := func(n int) func() bool {
		return func() bool {
			var done int
			r.in(func(tx *gorm.DB) error {
				return tx.Raw("SELECT count(*) FROM deliveries WHERE state = 'delivered'").Scan(&done).Error
			})
			return done == n
		}
	}
	dispatch()
	<-hanging
	r.emit(40, webhook.To{Project: true})
	dispatch()
	testkit.Eventually(t, "all but the first are delivered", delivered(40))
	r.emit(1, webhook.To{Project: true})
	dispatch()
	testkit.Eventually(t, "and what came last", delivered(41))
	close(release)
	testkit.Eventually(t, "and the first", delivered(42))
	if n := len(to.Calls()); n != 42 {
		t.Errorf("%d calls", n)
	}
}

// A process that sends needs no queue to hear of itself; one that has stopped
// leaves it to the others.
func TestNudgeAtHome(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t) // the queue is dead
	endpoint, _ := r.project(to.URL)
	r.emit(1, webhook.To{Trigger: "hi_x"})
	r.Nudge(t.Context(), r.scope, []string{endpoint})
	r.Work()
	r.emit(1, webhook.To{Trigger: "hi_x"})
	r.Nudge(t.Context(), r.scope, []string{endpoint})
	testkit.Eventually(t, "both arrive", func() bool { return len(to.Calls()) == 2 })
	r.emit(1, webhook.To{Trigger: "hi_x"})
	r.sweep()
	testkit.Eventually(t, "and what a sweep finds", func() bool { return len(to.Calls()) == 3 })
	r.Drain()
	r.emit(1, webhook.To{Trigger: "hi_x"})
	r.Nudge(t.Context(), r.scope, []string{endpoint})
	r.Drain()
	if n := len(to.Calls()); n != 3 {
		t.Errorf("%d calls of a process that has stopped", n)
	}
}

// A process that stops begins nothing more, and writes down what was under way.
func TestDrain(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	hanging, release := make(chan struct{}, 100), make(chan struct{})
	to.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) {
		hanging <- struct{}{}
		<-release
		w.WriteHeader(http.StatusOK)
	})
	endpoint, _ := r.project(to.URL)
	r.emit(40, webhook.To{Trigger: "hi_x"})
	if err := r.Dispatch(t.Context(), r.scope, endpoint); err != nil {
		t.Fatal(err)
	}
	for range webhook.InFlight {
		<-hanging
	}
	drained := make(chan struct{})
	go func() { defer close(drained); r.Drain() }()
	testkit.Eventually(t, "nothing more is begun", func() bool {
		if err := r.Dispatch(t.Context(), r.scope, "whk_other"); err != nil {
			t.Fatal(err)
		}
		return r.Draining()
	})
	close(release)
	<-drained
	states := map[webhook.State]int{}
	for _, d := range r.all() {
		states[d.State]++
	}
	if states[webhook.Delivered] != webhook.InFlight || states[webhook.Pending] != 40-webhook.InFlight || len(to.Calls()) != webhook.InFlight {
		t.Errorf("%v after %d calls", states, len(to.Calls()))
	}
}

// What came back while the database was out is written down when it is there
// again, and not sent again.
func TestOutageBeforeWritingDown(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	endpoint, _ := r.project(to.URL)
	r.emit(3, webhook.To{Trigger: "hi_x"})
	system := func(sql string) {
		if err := r.DB.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec(sql).Error }); err != nil {
			t.Error(err)
		}
	}
	to.Answer(func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			system("ALTER TABLE attempts RENAME TO attempts_away")
			time.AfterFunc(time.Second, func() { system("ALTER TABLE attempts_away RENAME TO attempts") })
		}
		w.WriteHeader(http.StatusOK)
	})
	r.deliver(endpoint)
	for _, d := range r.all() {
		if d.State != webhook.Delivered || len(d.Attempts) != 1 {
			t.Errorf("%s after %v", d.State, tries(d))
		}
	}
	if n := len(to.Calls()); n != 3 {
		t.Errorf("%d calls", n)
	}
}
