package webhook_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// dead emits n events to a receiver that never takes them, and goes on until all
// are given up. It returns their deliveries.
func (r *rig) dead(n int) []webhook.Detail {
	r.t.Helper()
	receiver := testkit.NewReceiver(r.t)
	receiver.Status(http.StatusBadRequest)
	endpoint, _ := r.project(receiver.URL)
	r.emit(n, webhook.To{Project: true})
	for range 40 {
		r.deliver(endpoint)
		r.Pass(10 * time.Minute)
	}
	all := r.all()
	for _, d := range all {
		if d.State != webhook.Exhausted {
			r.t.Fatalf("%s is %s after %d attempts", d.ID, d.State, d.Delivery.Attempts)
		}
	}
	return all
}

func (r *rig) states() map[webhook.State]int {
	r.t.Helper()
	out := map[webhook.State]int{}
	for _, d := range r.all() {
		out[d.State]++
	}
	return out
}

// Dead letters are discarded one, some or all; nothing else is, and nothing twice.
func TestDiscard(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	all := r.dead(4)
	r.emit(1, webhook.To{Project: true})
	discard := func(f webhook.Filter, want int) {
		t.Helper()
		if n, more, err := r.Discard(t.Context(), r.scope, f); n != want || more || err != nil {
			t.Errorf("%d, %t, %v, want %d", n, more, err, want)
		}
	}
	if n, _, err := r.Discard(t.Context(), testkit.Scope(t, r.DB), webhook.Filter{}); n != 0 || err != nil {
		t.Fatalf("another tenant discarded %d, %v", n, err)
	}
	discard(webhook.Filter{IDs: []string{all[0].ID}}, 1)
	discard(webhook.Filter{IDs: []string{all[0].ID}}, 0)
	discard(webhook.Filter{Error: "timeout"}, 0)
	discard(webhook.Filter{Status: "4xx", State: webhook.Pending}, 3)
	if diff := cmp.Diff(map[webhook.State]int{webhook.Discarded: 4, webhook.Pending: 1}, r.states()); diff != "" {
		t.Fatal(diff)
	}
	var entries int
	r.in(func(tx *gorm.DB) error {
		return tx.Raw("SELECT count(*) FROM audit_log WHERE action = 'dead_letters.discarded'").Scan(&entries).Error
	})
	if entries != 2 {
		t.Errorf("%d audit entries", entries)
	}
	if d, err := r.Retry(t.Context(), r.scope, all[0].ID); err != nil || d.State != webhook.Pending {
		t.Errorf("what was discarded by mistake is lost: %v", err)
	}
}

// An export holds each dead letter once, oldest first, and ends when its reader does.
func TestExport(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	want := []string{}
	for _, d := range r.dead(3) {
		want = append(want, d.ID+" "+d.Payload)
	}
	r.emit(1, webhook.To{Project: true})
	got := []string{}
	put := func(d *webhook.DeadLetter) error {
		got = append(got, d.ID+" "+d.Payload)
		return nil
	}
	if err := r.Export(t.Context(), r.scope, webhook.Filter{}, put); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	gone := errors.New("gone")
	if err := r.Export(t.Context(), r.scope, webhook.Filter{}, func(*webhook.DeadLetter) error { return gone }); !errors.Is(err, gone) {
		t.Fatal(err)
	}
	got = nil
	if err := r.Export(t.Context(), testkit.Scope(t, r.DB), webhook.Filter{}, put); err != nil || got != nil {
		t.Fatalf("another tenant was shown %v, %v", got, err)
	}
}

// An environment is told of old dead letters once a day, however many workers
// look, and of young ones not at all.
func TestOldDeadLetters(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.DeadAge = 24 * time.Hour
	r.dead(2)
	told := func(want int) {
		t.Helper()
		for range 2 { // a second worker, whose own clock says that it is time
			other := &webhook.Service{DB: r.DB, Queue: r.Queue, Metrics: r.Metrics, DeadAge: r.DeadAge, Now: r.Now}
			if err := errors.Join(r.SweepDead(t.Context()), other.SweepDead(t.Context())); err != nil {
				t.Fatal(err)
			}
		}
		var bodies []string
		r.in(func(tx *gorm.DB) error {
			return tx.Raw("SELECT body FROM events WHERE type = ?", event.DeadLettersOld).Scan(&bodies).Error
		})
		if len(bodies) != want {
			t.Fatalf("told %d times, want %d: %s", len(bodies), want, bodies)
		}
	}
	told(0)
	r.Pass(25 * time.Hour)
	told(1)
	r.Pass(time.Hour)
	told(1)
	r.Pass(24 * time.Hour)
	told(2)
	if _, _, err := r.Discard(t.Context(), r.scope, webhook.Filter{}); err != nil {
		t.Fatal(err)
	}
	r.Pass(48 * time.Hour)
	told(2)
}
