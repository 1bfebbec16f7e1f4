package webhook_test

import (
	"net/http"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// endpoint reads an endpoint's row.
func (r *rig) endpoint(id string) (e webhook.Endpoint) {
	r.t.Helper()
	r.in(func(tx *gorm.DB) error { return tx.Where("id = ?", id).Take(&e).Error })
	return e
}

// A receiver that is out costs a probe now and then, whatever waits for it, and
// uses nothing up; when it is back everything arrives, at first one by one.
func TestBreaker(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	to.Status(http.StatusInternalServerError)
	endpoint, _ := r.project(to.URL)
	const n = 200
	r.emit(n, webhook.To{Project: true})
	r.deliver(endpoint)
	first := len(to.Calls())
	most := webhook.InFlight + webhook.InARow - 1 // others took the places of those that failed before the one that opened it
	if e := r.endpoint(endpoint); e.Breaker != webhook.Open || first > most || e.FailingSince == nil {
		t.Fatalf("%+v after %d calls", e, first)
	}
	r.deliver(endpoint)
	if len(to.Calls()) != first {
		t.Fatal("it is sent to while its breaker is open")
	}
	for range 50 { // most of five hours
		r.Pass(6 * time.Minute)
		r.deliver(endpoint)
	}
	if probes := len(to.Calls()) - first; probes != 50 {
		t.Fatalf("%d probes", probes)
	}
	var left struct{ Pending, Most int }
	r.in(func(tx *gorm.DB) error {
		return tx.Raw("SELECT count(*) FILTER (WHERE state = 'pending') AS pending, max(attempts) AS most FROM deliveries").Scan(&left).Error
	})
	if left.Pending != n || left.Most > 1 {
		t.Fatalf("%+v: something was used up", left)
	}
	to.Status(http.StatusOK)
	r.Pass(6 * time.Minute)
	r.deliver(endpoint)
	seen := map[string]bool{}
	for _, c := range to.Calls()[first+50:] {
		seen[c.Header.Get("Webhook-Id")] = true
	}
	e := r.endpoint(endpoint)
	if len(seen) != n || e.Breaker != webhook.Closed || e.FailingSince != nil || e.Room != 16 || e.LastSuccessAt == nil {
		t.Fatalf("%d arrived, %+v", len(seen), e)
	}
}

// A receiver that asks for a pause gets it at once, and for all its deliveries.
func TestReceiverAsksForAPause(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		r, to := newRig(t), testkit.NewReceiver(t)
		to.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(status)
		})
		endpoint, _ := r.project(to.URL)
		r.emit(1, webhook.To{Project: true})
		r.deliver(endpoint)
		r.emit(1, webhook.To{Project: true})
		r.Pass(119 * time.Second)
		r.deliver(endpoint)
		if n := len(to.Calls()); n != 1 {
			t.Fatalf("%d: %d calls in the pause", status, n)
		}
		to.Status(http.StatusOK)
		r.Pass(30 * time.Second)
		r.deliver(endpoint)
		if n := len(to.Calls()); n != 3 {
			t.Fatalf("%d: %d calls after it", status, n)
		}
	}
}

// Who asks for a delivery to be sent again has the receiver tried at once.
func TestRetryTriesAtOnce(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	to.Status(http.StatusInternalServerError)
	endpoint, _ := r.project(to.URL)
	r.emit(5, webhook.To{Project: true})
	r.deliver(endpoint)
	to.Status(http.StatusOK)
	page, err := r.List(t.Context(), r.scope, webhook.Filter{}, db.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Retry(t.Context(), r.scope, page.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	r.deliver(endpoint)
	if e := r.endpoint(endpoint); e.Breaker != webhook.Closed {
		t.Fatalf("%+v", e)
	}
}

// After days without a success a webhook is disabled: what comes waits, and is
// sent when its URL is set again. One success in between counts.
func TestDisabledAfterDays(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	to.Status(http.StatusInternalServerError)
	endpoint, _ := r.project(to.URL)
	r.emit(30, webhook.To{Project: true})
	for range 4 * 24 {
		r.deliver(endpoint)
		r.Pass(time.Hour)
	}
	if e := r.endpoint(endpoint); e.DisabledAt != nil {
		t.Fatal("it was disabled too early")
	}
	for range 2 * 24 {
		r.deliver(endpoint)
		r.Pass(time.Hour)
	}
	e := r.endpoint(endpoint)
	if e.DisabledAt == nil || e.DisabledReason == nil || *e.DisabledReason != webhook.ReasonFailing {
		t.Fatalf("%+v", e)
	}
	before := len(to.Calls())
	r.deliver(endpoint)
	if len(to.Calls()) != before {
		t.Fatal("it is sent to while it is disabled")
	}
	to.Status(http.StatusOK)
	r.project(to.URL)
	r.deliver(endpoint)
	if n := len(to.Calls()) - before; n != 30 {
		t.Fatalf("%d of 30 arrived after it was set again", n)
	}
}
