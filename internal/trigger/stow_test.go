package trigger_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/trigger"
)

// withStore gives the rig a folder for payloads of more than a thousand bytes.
func (r *rig) withStore() (dir string) {
	r.t.Helper()
	r.Payloads, dir = testkit.Payloads(r.t, r.DB, r.clock.Now)
	r.Webhooks.Payloads = r.Payloads
	return dir
}

// stored returns how many of a trigger's events lie in the store, and how many in all.
func (r *rig) stored(tr *trigger.Trigger) (large, all int) {
	r.t.Helper()
	var rows []event.Event
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error { return tx.Where("subject_id = ?", tr.ID).Find(&rows).Error })
	if err != nil {
		r.t.Fatal(err)
	}
	for _, e := range rows {
		if e.Stored != nil {
			large++
		}
	}
	return large, len(rows)
}

var text = strings.Repeat("x", 2000)

// A large request is kept outside of the database, whichever way it comes in, and
// reaches its webhook as a small one does. What is small goes on as before.
func TestLargeRequests(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	dir := r.withStore()
	plain, _ := r.deploy(r.hook.URL)
	if got := r.status(plain, post(`{"text":"`+text+`"}`)); got != intake.Accepted {
		t.Error(got)
	}
	if got := r.status(plain, post(`{"text":"`+strings.Repeat(`\u0001`, 150)+`"}`)); got != intake.Accepted { // large as it is written down
		t.Error(got)
	}
	if got := r.status(plain, post(`{"text":"small"}`)); got != intake.Accepted {
		t.Error(got)
	}
	if large, all := r.stored(plain); large != 2 || all != 3 {
		t.Errorf("%d of %d", large, all)
	}
	if err := r.Webhooks.Deliver(t.Context(), r.scope, r.endpoint(plain)); err != nil {
		t.Fatal(err)
	}
	came := 0
	for _, c := range r.hook.Calls() {
		if strings.Contains(c.Body, `"text":"`+text+`"`) || strings.Contains(c.Body, `"text":"small"`) || strings.Contains(c.Body, `\u0001\u0001`) {
			came++
		}
	}
	if came != 3 {
		t.Errorf("%d came", came)
	}
	// Taken apart, each part is as large as it is, and nothing is kept twice.
	split := r.taking(intake.Settings{Split: &intake.Split{Path: "/list", ID: "/id"}, Dedupe: &intake.Dedupe{}})
	body := `{"list":[{"id":"a","text":"` + text + `"},{"id":"b"},{"id":"c","text":"` + text + `"},{"id":"a","text":"` + text + `"}]}`
	for range 2 {
		if _, err := r.Take(t.Context(), r.scope, split.ID, post(body, "Idempotency-Key", "k")); err != nil {
			t.Fatal(err)
		}
	}
	if large, all := r.stored(split); large != 2 || all != 3 || len(testkit.Blobs(t, dir)) != 4 {
		t.Errorf("%d of %d, %d blobs", large, all, len(testkit.Blobs(t, dir)))
	}
	// At an app's address each trigger has its own.
	at := r.address("signing")
	r.connected("ada", "T1")
	r.connected("bob", "T1")
	ada, bob := r.hearing("ada", ""), r.hearing("bob", "")
	if got := r.receive(at, r.slack(`{"team_id":"T1","event_id":"Ev1","text":"`+text+`"}`)); got != `{"accepted":2,"status":"accepted"}` {
		t.Error(got)
	}
	for _, tr := range []*trigger.Trigger{ada, bob} {
		if large, all := r.stored(tr); large != 1 || all != 1 {
			t.Errorf("%d of %d", large, all)
		}
	}
	if n := len(testkit.Blobs(t, dir)); n != 6 {
		t.Errorf("%d blobs", n)
	}
}

// What is refused puts nothing into the store. Where the store does not work, a
// large request is refused so that it comes again, and a small one is not.
func TestLargeRequestsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	dir := r.withStore()
	signed := r.taking(intake.Settings{Verification: &intake.Verification{Scheme: "github"}, Dedupe: &intake.Dedupe{}}, "secret")
	body := `{"text":"` + text + `"}`
	r.refused(signed, post(body, "X-Hub-Signature-256", signature("wrong", body), "X-Github-Delivery", "d1"), inbound.ErrSignature)
	if n := len(testkit.Blobs(t, dir)); n != 0 {
		t.Errorf("%d blobs of nobody", n)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	good := post(body, "X-Hub-Signature-256", signature("secret", body), "X-Github-Delivery", "d1")
	if _, err := r.Take(t.Context(), r.scope, signed.ID, good); !errors.Is(err, event.ErrStore) {
		t.Error(err)
	}
	small := `{"text":"small"}`
	if got := r.status(signed, post(small, "X-Hub-Signature-256", signature("secret", small), "X-Github-Delivery", "d2")); got != intake.Accepted {
		t.Error(got)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if got := r.status(signed, good); got != intake.Accepted { // it was not taken for seen
		t.Error(got)
	}
	if large, all := r.stored(signed); large != 1 || all != 2 {
		t.Errorf("%d of %d", large, all)
	}
	r.clock.Pass(2 * time.Hour)
	if err := r.Payloads.Sweep(t.Context()); err != nil || len(testkit.Blobs(t, dir)) != 1 {
		t.Error(testkit.Blobs(t, dir), err)
	}
}
