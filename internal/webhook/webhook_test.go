package webhook_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// rig is a service with a database of its own, a clock that stands still, and
// no Redis: what the tests see done, the rows alone have brought about.
type rig struct {
	*webhook.Service
	*testkit.Clock
	t     *testing.T
	scope tenant.Scope
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock, guard := testkit.DB(t), testkit.NewClock(), testkit.Guard()
	return &rig{
		t: t, Clock: clock, scope: testkit.Scope(t, d),
		Service: &webhook.Service{
			DB: d, Box: testkit.Box(t), Queue: testkit.DeadQueue(t), Guard: guard, Client: guard.Client(5*time.Second, 64),
			Metrics: telemetry.NewMetrics(), Ladder: []time.Duration{10 * time.Second, time.Minute}, Now: clock.Now,
		},
	}
}

// Now is the clock's; the service embeds a field of the same name.
func (r *rig) Now() time.Time { return r.Clock.Now() }

func (r *rig) in(fn func(tx *gorm.DB) error) {
	r.t.Helper()
	if err := r.DB.In(r.t.Context(), r.scope, fn); err != nil {
		r.t.Fatal(err)
	}
}

// emit records n events about subject and returns the endpoints that hear of the last.
func (r *rig) emit(n int, to webhook.To) (endpoints []string) {
	r.t.Helper()
	r.in(func(tx *gorm.DB) (err error) {
		for i := range n {
			e := &event.Event{Type: "trigger.emitted", SubjectID: "hi_subject", ExternalUserID: "user-1", Body: fmt.Sprintf(`{"n":%d}`, i+1), CreatedAt: r.Now()}
			if endpoints, err = webhook.Emit(tx, e, to); err != nil {
				return err
			}
		}
		return nil
	})
	return endpoints
}

// project sets the environment's webhook and returns its id and key.
func (r *rig) project(url string) (endpoint, key string) {
	r.t.Helper()
	v, err := r.SetProject(r.t.Context(), r.scope, url)
	if err != nil {
		r.t.Fatal(err)
	}
	return v.ID, v.Key.Reveal()
}

func (r *rig) deliver(endpoint string) {
	r.t.Helper()
	if err := r.Deliver(r.t.Context(), r.scope, endpoint); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) sweep() {
	r.t.Helper()
	if err := r.Sweep(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// all returns every delivery with its attempts, oldest first.
func (r *rig) all() (out []webhook.Detail) {
	r.t.Helper()
	page, err := r.List(context.WithoutCancel(r.t.Context()), r.scope, webhook.Filter{}, db.Cursor{Limit: 100})
	if err != nil {
		r.t.Fatal(err)
	}
	for i := len(page.Items) - 1; i >= 0; i-- {
		d, err := r.Get(r.t.Context(), r.scope, page.Items[i].ID)
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, *d)
	}
	return out
}

// one returns the only delivery.
func (r *rig) one() webhook.Detail {
	r.t.Helper()
	all := r.all()
	if len(all) != 1 {
		r.t.Fatalf("%d deliveries, want one", len(all))
	}
	return all[0]
}

// tries writes attempts down in one line each: number, status, class, excerpt.
func tries(d webhook.Detail) (out []string) {
	for _, a := range d.Attempts {
		status, class := 0, ""
		if a.Status != nil {
			status = *a.Status
		}
		if a.Error != nil {
			class = *a.Error
		}
		out = append(out, fmt.Sprintf("%d: %d %s %s", a.Number, status, class, a.ResponseExcerpt))
	}
	return out
}
