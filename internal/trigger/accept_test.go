package trigger_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/trigger"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Events of several tenants share commits, and nothing else: each becomes the
// event of its own trigger, and its own webhooks alone hear of it.
func TestAcceptTogether(t *testing.T) {
	t.Parallel()
	const tenants, each = 4, 60
	r := newRig(t)
	rigs, triggers := make([]*rig, tenants), make([]*trigger.Trigger, tenants)
	for i := range rigs {
		rigs[i] = &rig{r.Service, t, r.clock, testkit.Scope(t, r.DB), testkit.NewReceiver(t)}
		if i == 0 { // one that leaves it to its project
			if _, err := r.Webhooks.SetProject(t.Context(), rigs[i].scope, rigs[i].hook.URL); err != nil {
				t.Fatal(err)
			}
			triggers[i], _ = rigs[i].deploy("")
			continue
		}
		triggers[i], _ = rigs[i].deploy(rigs[i].hook.URL)
	}
	twice := testkit.NewReceiver(t)
	if _, _, err := r.SetWebhooks(t.Context(), rigs[1].scope, triggers[1].ID, "user-1", []string{rigs[1].hook.URL, twice.URL}); err != nil {
		t.Fatal(err)
	}
	off := false
	if _, err := r.Update(t.Context(), rigs[3].scope, triggers[3].ID, "user-1", trigger.Change{Active: &off}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for n := range each {
		for i := range rigs {
			wg.Go(func() {
				err := r.Accept(t.Context(), rigs[i].scope, triggers[i].ID, fmt.Sprintf("%d of %d", n, i), 0)
				if i == 3 && !errors.Is(err, trigger.ErrInactive) || i != 3 && err != nil {
					t.Errorf("tenant %d: %v", i, err)
				}
			})
		}
		wg.Go(func() { // with another's trigger nobody gets in
			if err := r.Accept(t.Context(), rigs[1].scope, triggers[2].ID, "stolen", 0); !errors.Is(err, trigger.ErrInactive) {
				t.Errorf("another's trigger: %v", err)
			}
		})
	}
	wg.Wait()
	for i, want := range []int{each, 2 * each, each, 0} {
		page, err := r.Webhooks.List(t.Context(), rigs[i].scope, webhook.Filter{}, db.Cursor{Limit: 500})
		if err != nil || page.Total != want {
			t.Fatalf("tenant %d has %d deliveries, want %d; %v", i, page.Total, want, err)
		}
		events, err := r.Events(t.Context(), rigs[i].scope, triggers[i].ID, "user-1", 1000)
		if err != nil || i != 3 && len(events) != each {
			t.Fatalf("tenant %d has %d events, %v", i, len(events), err)
		}
		for n := range each {
			body := fmt.Sprintf("%q", fmt.Sprintf("%d of %d", n, i))
			if i != 3 && !slices.ContainsFunc(events, func(e event.Event) bool { return e.Body == body && e.ExternalUserID == "user-1" }) {
				t.Errorf("tenant %d misses %s", i, body)
			}
		}
	}
	for _, d := range must(r.Webhooks.List(t.Context(), rigs[1].scope, webhook.Filter{}, db.Cursor{Limit: 500})).Items {
		if err := r.Webhooks.Deliver(t.Context(), rigs[1].scope, d.EndpointID); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := len(rigs[1].hook.Calls()), len(twice.Calls()); a != each || b != each {
		t.Errorf("%d and %d calls, want %d each", a, b, each)
	}
}

// One that cannot be stored is refused by itself; who came with it gets through.
func TestAcceptBesideTheUnstorable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr, _ := r.deploy(r.hook.URL)
	var wg sync.WaitGroup
	for n := range 40 {
		wg.Go(func() {
			if err := r.Accept(t.Context(), r.scope, tr.ID, n, 0); err != nil {
				t.Errorf("%d: %v", n, err)
			}
		})
		wg.Go(func() {
			if err := r.Accept(t.Context(), r.scope, tr.ID+"\xff", n, 0); !errors.Is(err, db.ErrText) {
				t.Errorf("a broken name: %v", err)
			}
		})
	}
	wg.Wait()
	if page, err := r.Webhooks.List(t.Context(), r.scope, webhook.Filter{}, db.Cursor{}); err != nil || page.Total != 40 {
		t.Errorf("%d deliveries, %v", page.Total, err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
