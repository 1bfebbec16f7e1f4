package account_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// told returns the types of the events about accounts, oldest first.
func (r *rig) told() (types []string) {
	r.t.Helper()
	r.in(func(tx *gorm.DB) error {
		return tx.Model(&event.Event{}).Where("type LIKE 'ACCOUNT_%'").Order("id").Pluck("type", &types).Error
	})
	return types
}

// A change in an account's health is told once, however often a refresh is
// tried, and with a delivery to the environment's webhook.
func TestHealthIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	hooks := &webhook.Service{DB: r.DB, Box: r.Box, Queue: testkit.DeadQueue(t), Guard: testkit.Guard(), Now: r.clock.Now}
	r.Webhooks = hooks
	if _, err := hooks.SetProject(t.Context(), r.scope, "https://hooks.example.com/"); err != nil {
		t.Fatal(err)
	}
	a := r.connected()
	refresh := func(pass time.Duration) {
		t.Helper()
		r.clock.Pass(pass)
		if err := r.Refresh(t.Context(), r.scope, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	r.acme.SetFaults(demo.Faults{TokenError: "temporarily_unavailable"})
	refresh(nearEnd)
	refresh(time.Hour)
	r.acme.SetFaults(demo.Faults{})
	refresh(2 * time.Hour)
	refresh(2 * time.Hour)
	r.acme.SetFaults(demo.Faults{TokenError: "invalid_grant"})
	refresh(2 * time.Hour)
	refresh(2 * time.Hour)
	if err := r.Delete(t.Context(), r.scope, a.ID, ""); err != nil {
		t.Fatal(err)
	}
	want := []string{account.Unhealthy, account.Recovered, account.Dead, account.Deleted}
	if diff := cmp.Diff(want, r.told()); diff != "" {
		t.Fatal(diff)
	}
	page, err := hooks.List(t.Context(), r.scope, webhook.Filter{EventType: account.Dead}, db.Cursor{})
	if err != nil || page.Total != 1 || page.Items[0].SubjectID != a.ID {
		t.Fatal(page, err)
	}
	d, err := hooks.Get(t.Context(), r.scope, page.Items[0].ID)
	if err != nil || !strings.Contains(d.Payload, `"dead":true`) || strings.Contains(d.Payload, "acme_at_") {
		t.Fatal(d, err)
	}
}

// Failures in a row are tried again ever more seldom, up to an hour, and a
// success begins anew.
func TestBackoff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.acme.SetFaults(demo.Faults{TokenError: "temporarily_unavailable"})
	last := time.Duration(0)
	r.clock.Pass(nearEnd)
	for n := 1; n <= 12; n++ {
		_ = r.Refresh(t.Context(), r.scope, a.ID)
		now := r.get(a.ID)
		wait := now.NextRefreshAt.Sub(r.clock.Now())
		if now.RefreshFailures != n || wait < 24*time.Second || wait > 72*time.Minute || n > 1 && n < 7 && wait <= last {
			t.Fatalf("after %d failures (%d told) it waits %s, before %s", n, now.RefreshFailures, wait, last)
		}
		last = wait
		r.clock.Pass(wait)
	}
	r.acme.SetFaults(demo.Faults{})
	_ = r.Refresh(t.Context(), r.scope, a.ID)
	if now := r.get(a.ID); now.RefreshFailures != 0 || !now.Healthy || now.Error != nil {
		t.Fatalf("%+v", now)
	}
}

// Who has not asked for long is refreshed all the same: Sweep finds what is
// due, and nothing else.
func TestSweep(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	due, dead := r.connected(), r.save("user-2", "acme_crm", "oauth", "", r.grant())
	r.keyed("user-3", demo.DemoKey)
	r.in(func(tx *gorm.DB) error {
		return tx.Model(&account.Account{}).Where("id = ?", dead.ID).Update("dead", true).Error
	})
	swept := make(chan string, 8)
	redis := testkit.Redis(t)
	r.Queue = queue.NewClient(redis)
	t.Cleanup(func() { _ = r.Queue.Close() })
	server := queue.NewServer(redis, 2, time.Second, telemetry.NewMetrics())
	server.Handle(account.TaskRefresh, func(_ context.Context, _ tenant.Scope, id string) error {
		swept <- id
		return nil
	})
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(nearEnd)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-swept; got != due.ID {
		t.Fatalf("swept %s, want %s", got, due.ID)
	}
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-swept; got != due.ID || len(swept) > 0 {
		t.Fatalf("swept %s and %d more", got, len(swept))
	}
}
