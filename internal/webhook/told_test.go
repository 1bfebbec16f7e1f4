package webhook_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// ofPlatform are the platform events so far, in the order in which they
// happened; each body is what the catalogue says.
func (r *rig) ofPlatform() (types []string) {
	r.t.Helper()
	var es []event.Event
	r.in(func(tx *gorm.DB) error { return tx.Order("created_at, id").Find(&es).Error })
	for _, e := range es {
		if k, _ := event.KindOf(e.Type); k.Platform {
			types = append(types, e.Type)
			if err := event.Fits(e.Type, e.Body); err != nil {
				r.t.Errorf("%s %s: %v", e.Type, e.Body, err)
			}
		}
	}
	return types
}

// That an endpoint fails is told after a day and after three, that it was
// disabled and that it works again once each: to all that ask for it, and never
// to itself.
func TestEndpointIsToldOf(t *testing.T) {
	t.Parallel()
	r, to, watcher := newRig(t), testkit.NewReceiver(t), testkit.NewReceiver(t)
	v := r.add(to.URL+"?key=hush", webhook.Change{Description: new("Billing")}, "*", "ENDPOINT_*")
	w := r.add(watcher.URL, webhook.Change{Ordering: new(webhook.BySubject)}, "ENDPOINT_*")
	to.Status(http.StatusInternalServerError)
	for range 5 { // enough for the breaker, which uses nothing up
		r.tellOf("user-1", "{}")
	}
	r.deliver(v.ID)
	step := func(d time.Duration, want ...string) {
		t.Helper()
		for range int(d / (6 * time.Hour)) {
			r.Pass(6 * time.Hour)
			r.deliver(v.ID)
		}
		if diff := cmp.Diff(want, r.ofPlatform()); diff != "" {
			t.Fatal(diff)
		}
	}
	for range 30 { // it is tried often at first
		r.Pass(6 * time.Minute)
		r.deliver(v.ID)
	}
	step(18 * time.Hour)
	step(6*time.Hour, event.EndpointFailing)
	step(24*time.Hour, event.EndpointFailing)
	step(30*time.Hour, event.EndpointFailing, event.EndpointFailing)
	step(48*time.Hour, event.EndpointFailing, event.EndpointFailing, event.EndpointDisabled)
	to.Status(http.StatusOK)
	if _, err := r.EnableEndpoint(t.Context(), r.scope, v.ID, true); err != nil {
		t.Fatal(err)
	}
	r.deliver(v.ID)
	r.deliver(v.ID)
	want := []string{event.EndpointFailing, event.EndpointFailing, event.EndpointDisabled, event.EndpointRecovered}
	if diff := cmp.Diff(want, r.ofPlatform()); diff != "" {
		t.Fatal(diff)
	}
	r.deliver(w.ID)
	var heard []string
	for _, c := range watcher.Calls() {
		var body struct {
			Event    string
			Endpoint struct{ ID, URL, Description string }
		}
		if err := json.Unmarshal([]byte(c.Body), &body); err != nil || body.Endpoint.ID != v.ID || body.Endpoint.URL != to.URL || body.Endpoint.Description != "Billing" {
			t.Errorf("%s, %v", c.Body, err)
		}
		heard = append(heard, body.Event)
	}
	if diff := cmp.Diff(want, heard); diff != "" {
		t.Error(diff)
	}
	for _, d := range r.all() {
		if d.EndpointID == v.ID && d.EventType != event.AccountDead {
			t.Errorf("it was to be told %s of itself", d.EventType)
		}
	}
}

// A receiver that says it is gone is disabled and told of at once, and one that
// mends itself within a day is no news at all.
func TestWhatIsNews(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	v := r.add(to.URL, webhook.Change{})
	to.Status(http.StatusInternalServerError)
	r.tellAll(event.AccountDead)
	to.Status(http.StatusOK)
	r.Pass(time.Hour)
	r.deliver(v.ID)
	if got := r.ofPlatform(); len(got) != 0 {
		t.Fatal(got)
	}
	to.Status(http.StatusGone)
	r.tellAll(event.AccountDead)
	if diff := cmp.Diff([]string{event.EndpointDisabled}, r.ofPlatform()); diff != "" {
		t.Fatal(diff)
	}
	if e := r.endpoint(v.ID); *e.DisabledReason != webhook.ReasonGone {
		t.Errorf("%+v", e)
	}
}

// A delivery that is given up is told of. That the telling is given up is not:
// two receivers that are both out do not tell each other of it for ever.
func TestExhaustedIsToldOfOnce(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	to.Status(http.StatusBadRequest)
	waits := &[]int{1}
	a := r.add(to.URL+"/a", webhook.Change{RetryWaits: waits}, event.AccountDead, event.DeliveryExhausted)
	b := r.add(to.URL+"/b", webhook.Change{RetryWaits: waits}, event.DeliveryExhausted)
	r.tellAll(event.AccountDead)
	for range 10 {
		r.Pass(time.Minute)
		r.deliver(a.ID)
		r.deliver(b.ID)
	}
	if diff := cmp.Diff([]string{event.DeliveryExhausted}, r.ofPlatform()); diff != "" {
		t.Fatal(diff)
	}
	for _, d := range r.all() {
		if d.State != webhook.Exhausted || (d.EventType == event.DeliveryExhausted) != (d.EndpointID == b.ID) {
			t.Errorf("%s for %s: %s", d.EventType, d.EndpointID, d.State)
		}
	}
}
