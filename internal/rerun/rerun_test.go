package rerun_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/rerun"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// rig is the services with a database of their own, a clock that stands still, and
// no Redis.
type rig struct {
	*rerun.Service
	t        *testing.T
	clock    *testkit.Clock
	scope    tenant.Scope
	workflow string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock, queue := testkit.DB(t), testkit.NewClock(), testkit.DeadQueue(t)
	runs := &run.Service{DB: d, Queue: queue, Box: testkit.Box(t), Metrics: telemetry.NewMetrics(), Webhooks: &webhook.Service{DB: d, Queue: queue, Now: clock.Now}, Now: clock.Now}
	r := &rig{Service: &rerun.Service{DB: d, Queue: queue, Runs: runs, Now: clock.Now}, t: t, clock: clock, scope: testkit.Scope(t, d)}
	workflows := &workflow.Service{DB: d, Now: clock.Now}
	def, err := workflow.ParseJSON([]byte(`{"name":"Flow","steps":[{"name":"a","type":"respond","body":1},{"name":"b","type":"respond","body":2}]}`))
	if err != nil {
		t.Fatal(err)
	}
	v, err := workflows.Create(t.Context(), r.scope.Project(), def)
	if err == nil {
		_, err = workflows.Deploy(t.Context(), r.scope.Project(), v.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.workflow = v.ID
	return r
}

func (r *rig) in(fn func(tx *gorm.DB) error) {
	r.t.Helper()
	if err := r.DB.In(context.WithoutCancel(r.t.Context()), r.scope, fn); err != nil {
		r.t.Fatal(err)
	}
}

// failed makes n runs that failed.
func (r *rig) failed(n int) (ids []string) {
	r.t.Helper()
	for i := range n {
		x, err := r.Runs.Start(r.t.Context(), r.scope, r.workflow, "", fmt.Appendf(nil, `{"n":%d}`, i))
		if err != nil {
			r.t.Fatal(err)
		}
		ids = append(ids, x.ID)
	}
	r.in(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE runs SET status = 'dead_lettered', finished_at = ? WHERE id IN ?", r.clock.Now(), ids).Error
	})
	return ids
}

func (r *rig) start(c rerun.Choice, rate int) *rerun.Replay {
	r.t.Helper()
	x, err := r.Start(r.t.Context(), r.scope, c, rate)
	if err != nil {
		r.t.Fatal(err)
	}
	return x
}

func (r *rig) get(id string) *rerun.Replay {
	r.t.Helper()
	x, err := r.Get(context.WithoutCancel(r.t.Context()), r.scope, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return x
}

// again counts how often each run was run again.
func (r *rig) again() map[string]int {
	r.t.Helper()
	var rows []run.Run
	r.in(func(tx *gorm.DB) error { return tx.Where("replay_of IS NOT NULL").Find(&rows).Error })
	out := map[string]int{}
	for _, x := range rows {
		out[*x.ReplayOf]++
	}
	return out
}

// Workers that are killed at any moment, and others at once, run each event again
// once: none twice, and none is left out.
func TestKilledAndRaced(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ids := r.failed(60)
	x := r.start(rerun.Choice{}, 8)
	if x.Total != 60 {
		t.Fatalf("%+v", x)
	}
	for n := 1; r.get(x.ID).Status == rerun.Running; n++ {
		if n > 1000 {
			t.Fatalf("it does not end: %+v", r.get(x.ID))
		}
		var wg sync.WaitGroup
		for worker := range 3 {
			dying, kill := context.WithCancel(t.Context())
			time.AfterFunc(time.Duration(n*(worker+1))*time.Millisecond/2, kill)
			wg.Go(func() { _ = r.Advance(dying, r.scope, x.ID) })
		}
		wg.Wait()
		r.clock.Pass(time.Second)
	}
	again := r.again()
	for _, id := range ids {
		if again[id] != 1 {
			t.Errorf("%s was run again %d times", id, again[id])
		}
	}
	if x = r.get(x.ID); x.Done != 60 || x.Started != 60 || x.Refused != 0 || x.FinishedAt == nil {
		t.Fatalf("%+v", x)
	}
}

// What a replay has brought to a good end is passed over, whichever of the event's
// runs is chosen; so is what has not ended, and what is no more than a test.
func TestWhatIsPassedOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ids := r.failed(4)
	one, err := r.Runs.Replay(t.Context(), r.scope, ids[0], run.Manner{})
	if err != nil || *one.ReplayOf != ids[0] {
		t.Fatal(one, err)
	}
	r.in(func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE runs SET test = true WHERE id = ?", ids[1]).Error; err != nil {
			return err
		}
		return tx.Exec("UPDATE runs SET status = 'failed', finished_at = created_at WHERE id = ?", one.ID).Error
	})
	two, err := r.Runs.Replay(t.Context(), r.scope, one.ID, run.Manner{Version: run.Same})
	if err != nil || *two.ReplayOf != ids[0] {
		t.Fatalf("a replay of a replay: %+v, %v", two, err)
	}
	count := func(c rerun.Choice, want int) {
		t.Helper()
		if n, err := r.Count(t.Context(), r.scope, c); n != want || err != nil {
			t.Errorf("%d, %v, want %d", n, err, want)
		}
	}
	count(rerun.Choice{}, 4) // two that were left alone, one that failed again, and its first
	r.in(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE runs SET status = 'succeeded', finished_at = created_at WHERE id = ?", two.ID).Error
	})
	count(rerun.Choice{}, 2)
	count(rerun.Choice{Again: true}, 5)
	count(rerun.Choice{Filter: run.Filter{IDs: ids[:2]}, Again: true}, 1)
}

// A replay is paused, goes on where it was, and is ended, each as often as somebody
// says so.
func TestTurns(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.failed(3)
	x := r.start(rerun.Choice{}, 1)
	advance := func(want int) {
		t.Helper()
		r.clock.Pass(2 * time.Second)
		if err := r.Advance(t.Context(), r.scope, x.ID); err != nil || len(r.again()) != want {
			t.Fatal(r.again(), err)
		}
	}
	advance(1)
	for range 2 {
		if got, err := r.Pause(t.Context(), r.scope, x.ID); err != nil || got.Status != rerun.Paused {
			t.Fatal(got, err)
		}
	}
	advance(1)
	for range 2 {
		if got, err := r.Resume(t.Context(), r.scope, x.ID); err != nil || got.Status != rerun.Running {
			t.Fatal(got, err)
		}
	}
	advance(2)
	for range 2 {
		if got, err := r.Cancel(t.Context(), r.scope, x.ID); err != nil || got.Status != rerun.Cancelled {
			t.Fatal(got, err)
		}
	}
	advance(2)
	if _, err := r.Resume(t.Context(), r.scope, x.ID); !errors.Is(err, rerun.ErrOver) {
		t.Error(err)
	}
}

// A choice that makes no sense is refused; one whose step is gone is counted.
func TestChoicesThatAreNone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	now := r.clock.Now()
	for name, tt := range map[string]struct {
		choice rerun.Choice
		rate   int
		want   error
	}{
		"an end before its beginning": {rerun.Choice{Filter: run.Filter{Since: &now, Until: &now}}, 0, rerun.ErrRange},
		"a version that is a word":    {rerun.Choice{Version: "best"}, 0, run.ErrVersion},
		"a version of any workflow":   {rerun.Choice{Version: "1"}, 0, rerun.ErrVersion},
		"a step of any workflow":      {rerun.Choice{FromStep: "b"}, 0, rerun.ErrVersion},
		"too fast":                    {rerun.Choice{}, rerun.MaxRate + 1, rerun.ErrRate},
		"backwards":                   {rerun.Choice{}, -1, rerun.ErrRate},
	} {
		if _, err := r.Start(t.Context(), r.scope, tt.choice, tt.rate); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	r.failed(2)
	x := r.start(rerun.Choice{Filter: run.Filter{WorkflowID: r.workflow}, FromStep: "gone"}, 100)
	if err := r.Advance(t.Context(), r.scope, x.ID); err != nil {
		t.Fatal(err)
	}
	if x = r.get(x.ID); x.Status != rerun.Finished || x.Refused != 2 || x.Started != 0 {
		t.Errorf("%+v", x)
	}
}

// To another tenant there is no such replay, and nothing of ours is in theirs.
func TestAnotherTenant(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ids := r.failed(2)
	x, other := r.start(rerun.Choice{}, 1), testkit.Scope(t, r.DB)
	for name, do := range map[string]func(context.Context, tenant.Scope, string) (*rerun.Replay, error){"get": r.Get, "pause": r.Pause, "resume": r.Resume, "cancel": r.Cancel} {
		if _, err := do(t.Context(), other, x.ID); !errors.Is(err, rerun.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, err := r.Count(t.Context(), other, rerun.Choice{}); n != 0 || err != nil {
		t.Error(n, err)
	}
	if err := r.Advance(t.Context(), other, x.ID); err != nil || len(r.again()) != 0 {
		t.Error(err)
	}
	if page, err := r.List(t.Context(), other, db.Cursor{}); err != nil || page.Total != 0 {
		t.Error(page, err)
	}
	if _, err := r.Runs.Replay(t.Context(), other, ids[0], run.Manner{}); !errors.Is(err, run.ErrNotFound) {
		t.Error(err)
	}
	if err := r.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
}
