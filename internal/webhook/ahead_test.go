package webhook_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// leased is how many of the endpoint's deliveries have a lease, and how many
// were ever begun.
func (r *rig) leased() (n, begun int) {
	r.t.Helper()
	r.in(func(tx *gorm.DB) error {
		return tx.Raw("SELECT count(*) FILTER (WHERE state = 'sending'), COALESCE(sum(attempts), 0) FROM deliveries").Row().Scan(&n, &begun)
	})
	return n, begun
}

// quick sends some deliveries, so that the receiver is known to be quick.
func (r *rig) quick(url string) (endpoint string) {
	r.t.Helper()
	endpoint, _ = r.project(url)
	r.emit(2, webhook.To{Project: true})
	r.deliver(endpoint)
	return endpoint
}

// Of a receiver that is quick more is claimed than may be under way. No more is
// under way all the same; and when the process stops, what was not begun is as
// if it had not been claimed.
func TestAheadIsGivenBack(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	endpoint := r.quick(to.URL)
	hang := make(chan struct{})
	release := sync.OnceFunc(func() { close(hang) })
	defer release()
	to.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) { <-hang; w.WriteHeader(http.StatusOK) })
	r.Client = testkit.Guard().Narrow(time.Minute, 64)
	const n = 200
	r.emit(n, webhook.To{Project: true})
	if err := r.Dispatch(t.Context(), r.scope, endpoint); err != nil {
		t.Fatal(err)
	}
	const ahead = webhook.InFlight * webhook.AheadTimes
	testkit.Eventually(t, "as many are claimed as may be", func() bool { n, _ := r.leased(); return n == webhook.InFlight+ahead })
	if other := r.fresh(); other.Deliver(t.Context(), r.scope, endpoint) != nil || len(to.Calls()) > 2+webhook.InFlight {
		t.Errorf("%d calls: another worker sends while one has all that it may", len(to.Calls()))
	}
	drained := make(chan struct{})
	go func() { defer close(drained); r.Drain() }()
	testkit.Eventually(t, "what was not begun is given back", func() bool { n, _ := r.leased(); return n == webhook.InFlight })
	release()
	<-drained
	if n, attempts := r.leased(); n != 0 || attempts != 2+webhook.InFlight || to.AtOnce() > webhook.InFlight {
		t.Errorf("%d leases and %d attempts are left, and %d were under way at once", n, attempts, to.AtOnce())
	}
	other := r.fresh()
	if err := other.Deliver(t.Context(), r.scope, endpoint); err != nil {
		t.Fatal(err)
	}
	if got := len(to.Calls()); got != 2+n || to.AtOnce() > webhook.InFlight {
		t.Errorf("%d calls, want %d; %d at once", got, 2+n, to.AtOnce())
	}
}

// A receiver that begins to fail gets no more of what was claimed ahead than its
// breaker lets through.
func TestAheadOfAFailure(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	endpoint := r.quick(to.URL)
	to.Status(http.StatusInternalServerError)
	const n = 300
	r.emit(n, webhook.To{Project: true})
	r.deliver(endpoint)
	asked := len(to.Calls()) - 2
	if most := webhook.InFlight + webhook.InARow - 1; asked > most || r.endpoint(endpoint).Breaker != webhook.Open {
		t.Errorf("%d calls, want %d at the most", asked, most)
	}
	if left, attempts := r.leased(); left != 0 || attempts != 2+asked {
		t.Errorf("%d leases are left, and %d attempts counted for %d calls", left, attempts, asked+2)
	}
}

// Whatever clock stamped an event, it is due as soon as it is there; what was
// put off waits, and so does what a replay spreads.
func TestClocksApart(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	endpoint, _ := r.project(to.URL)
	r.emit(1, webhook.To{Project: true})
	r.Pass(-900 * time.Millisecond) // the worker's clock is behind
	r.deliver(endpoint)
	if n := len(to.Calls()); n != 1 {
		t.Fatalf("%d calls", n)
	}
	r.emit(1, webhook.To{Project: true})
	r.in(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE deliveries SET next_attempt_at = ? WHERE state = 'pending'", r.Now().Add(500*time.Millisecond)).Error
	})
	r.deliver(endpoint)
	if n := len(to.Calls()); n != 1 {
		t.Fatalf("%d calls, one of them before its time", n)
	}
	r.Pass(500 * time.Millisecond)
	r.deliver(endpoint)
	if n := len(to.Calls()); n != 2 {
		t.Fatalf("%d calls", n)
	}
}
