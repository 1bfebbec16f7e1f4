package retention_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/retention"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

const (
	keep = 30 * 24 * time.Hour
	day  = 24 * time.Hour
)

type rig struct {
	*retention.Service
	t     *testing.T
	clock *testkit.Clock
	scope tenant.Scope
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	return &rig{t: t, clock: clock, scope: testkit.Scope(t, d), Service: &retention.Service{DB: d, Keep: keep, Now: clock.Now}}
}

// sweep goes on until a pass is over.
func (r *rig) sweep() {
	r.t.Helper()
	for range 5 {
		if err := r.Sweep(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
	}
}

// emit writes an event with a delivery in a state, which has one attempt.
func (r *rig) emit(state webhook.State) (eventID string) {
	r.t.Helper()
	e := &event.Event{Type: "x", SubjectID: "s", Body: "{}", CreatedAt: r.clock.Now()}
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		if _, err := webhook.Emit(tx, e, webhook.To{URL: "http://127.0.0.1:9/"}); err != nil {
			return err
		}
		var ended *time.Time
		if state != webhook.Pending {
			ended = &e.CreatedAt
		}
		if err := tx.Exec("UPDATE deliveries SET state = ?, finished_at = ? WHERE event_id = ?", state, ended, e.ID).Error; err != nil {
			return err
		}
		return tx.Exec("INSERT INTO attempts (id, delivery_id, number, started_at, duration_ms) SELECT ?, id, 1, ?, 1 FROM deliveries WHERE event_id = ?", id.New("att"), e.CreatedAt, e.ID).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return e.ID
}

func (r *rig) list(query string, args ...any) []string {
	r.t.Helper()
	out := []string{}
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Raw(query, args...).Scan(&out).Error }); err != nil {
		r.t.Fatal(err)
	}
	return out
}

// What is over goes once it is too old, with its event; what still waits stays,
// and so does what ended lately.
func TestRetention(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var want []string
	for _, state := range []webhook.State{webhook.Delivered, webhook.Exhausted, webhook.Discarded} {
		r.emit(state)
	}
	want = append(want, r.emit(webhook.Pending))
	late := r.emit(webhook.Exhausted)
	r.clock.Pass(keep + day)
	if err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE deliveries SET finished_at = ? WHERE event_id = ?", r.clock.Now().Add(-day), late).Error
	}); err != nil {
		t.Fatal(err)
	}
	want = append(want, late, r.emit(webhook.Delivered))
	r.sweep()
	if diff := cmp.Diff(want, r.list("SELECT id FROM events ORDER BY id")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, r.list("SELECT event_id FROM deliveries ORDER BY event_id")); diff != "" {
		t.Error(diff)
	}
}

// Without a time to keep, all is kept, and days are made all the same.
func TestForEver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Keep = 0
	r.emit(webhook.Delivered)
	r.clock.Pass(100 * keep)
	r.sweep()
	if n := len(r.list("SELECT id FROM events")) + len(r.list("SELECT id FROM attempts")); n != 2 {
		t.Errorf("%d of two are left", n)
	}
	if n := len(r.list("SELECT inhrelid::text FROM pg_inherits WHERE inhparent = 'attempts'::regclass")); n != 9 {
		t.Errorf("%d tables of attempts", n)
	}
}

// Days are made ahead, once, by however many workers; each attempt lies in its
// day, what was there before its table too, and what no table is for in the rest.
func TestDays(t *testing.T) {
	t.Parallel()
	r, today := newRig(t), todays()
	r.emit(webhook.Delivered) // before any day
	var g errgroup.Group
	for range 4 {
		other := &retention.Service{DB: r.DB, Keep: keep, Now: r.clock.Now}
		g.Go(func() error { return other.Sweep(t.Context()) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	r.sweep()
	r.emit(webhook.Delivered)
	where := func(n int, table string) {
		t.Helper()
		if got := r.list("SELECT tableoid::regclass::text FROM attempts WHERE tableoid = ?::regclass", table); len(got) != n {
			t.Errorf("%d attempts in %s, want %d", len(got), table, n)
		}
	}
	where(2, today)
	where(0, "attempts_rest")
	ancient := id.At("att", r.clock.Now().Add(-400*day))
	if err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE attempts SET id = ?, started_at = now() - interval '400 days' WHERE id = (SELECT min(id) FROM attempts)", ancient).Error
	}); err != nil {
		t.Fatal(err)
	}
	where(1, "attempts_rest")
	r.clock.Pass(2 * time.Hour)
	r.sweep()
	where(0, "attempts_rest")
}

// todays is the table of today's attempts. In the last minutes of a day it waits
// for the next, so that no test is in two.
func todays() string {
	now := time.Now().UTC()
	if next := now.Truncate(day).Add(day); next.Sub(now) < 2*time.Minute {
		time.Sleep(next.Sub(now) + time.Second)
		now = next
	}
	return "attempts_" + now.Format("20060102")
}

// A day that is too old goes whole, and no day that is not.
func TestDropDays(t *testing.T) {
	t.Parallel()
	r, today := newRig(t), todays()
	r.sweep()
	r.emit(webhook.Pending)
	there := func() bool { return len(r.list("SELECT 'x' WHERE to_regclass(?) IS NOT NULL", today)) == 1 }
	r.clock.Pass(keep)
	r.sweep()
	if n := len(r.list("SELECT id FROM attempts")); n != 1 || !there() {
		t.Fatalf("%d attempts of a day that is not over", n)
	}
	r.clock.Pass(2 * day)
	r.sweep()
	if n := len(r.list("SELECT id FROM attempts")); n != 0 || there() {
		t.Fatalf("%d attempts of a day that is over", n)
	}
	if n := len(r.list("SELECT id FROM deliveries")); n != 1 {
		t.Fatal("what waits is gone with its attempts")
	}
	tables := r.list("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'attempts'::regclass ORDER BY 1")
	if last := fmt.Sprintf("attempts_%s", r.clock.Now().UTC().Add(7*day).Format("20060102")); tables[len(tables)-2] != last {
		t.Fatalf("no %s in %v", last, tables)
	}
}

// A day is closed to tenants, through its table and past it, and goes with its
// environment.
func TestDaysAreClosed(t *testing.T) {
	t.Parallel()
	r, today := newRig(t), todays()
	r.sweep()
	r.emit(webhook.Delivered)
	other, n := testkit.Scope(t, r.DB), -1
	count := func(tx *gorm.DB) error { return tx.Raw("SELECT count(*) FROM attempts").Scan(&n).Error }
	if err := r.DB.In(t.Context(), other, count); err != nil || n != 0 {
		t.Errorf("another tenant sees %d, %v", n, err)
	}
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Raw("SELECT count(*) FROM " + today).Scan(&n).Error
	})
	if err == nil {
		t.Error("a tenant reads the table of a day")
	}
	if err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM environments WHERE id = ?", r.scope.Environment()).Error
	}); err != nil {
		t.Fatal(err)
	}
	if left := append(r.list("SELECT id FROM attempts"), r.list("SELECT id FROM events")...); len(left) != 0 {
		t.Errorf("%v outlives its environment", left)
	}
}
