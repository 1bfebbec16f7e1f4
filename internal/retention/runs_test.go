package retention_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// run writes a run that ended some time ago, with a step and an input of a size.
func (r *rig) run(s tenant.Scope, ago time.Duration, size int) (runID string) {
	r.t.Helper()
	at := r.clock.Now().Add(-ago)
	runID = id.At("run", at)[:24] + id.New("x")[22:28]
	err := r.DB.In(r.t.Context(), s, func(tx *gorm.DB) error {
		if err := tx.Exec(`INSERT INTO workflows (id, project_id, name, draft, endpoint_id, created_at, updated_at) VALUES ('p_' || ?, ?, 'x', '{}', 'en', now(), now()) ON CONFLICT DO NOTHING`, s.Project(), s.Project()).Error; err != nil {
			return err
		}
		// Random text, or the database would keep it in a few bytes.
		if err := tx.Exec(`INSERT INTO runs (id, workflow_id, workflow_name, version, status, external_user_id, input, response, store, lease_until, created_at, finished_at)
			VALUES (?, 'p_' || ?, 'x', 1, 'succeeded', NULL, (SELECT string_agg(md5(random()::text), '') FROM generate_series(0, ?::int / 32)), '{}', 'none', ?, ?, ?)`,
			runID, s.Project(), size, at, at, at).Error; err != nil {
			return err
		}
		return tx.Exec(`INSERT INTO run_steps (run_id, path, position, name, type, status, started_at) VALUES (?, 'a', 0, 'a', 'filter', 'succeeded', ?)`, runID, at).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return runID
}

// sweepRuns goes on until a pass is over.
func (r *rig) sweepRuns() {
	r.t.Helper()
	for range 3 {
		if err := r.SweepRuns(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
	}
	r.clock.Pass(2 * time.Hour)
}

func (r *rig) set(query string, args ...any) {
	r.t.Helper()
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Exec(query, args...).Error }); err != nil {
		r.t.Fatal(err)
	}
}

// Runs go when they have been over for as long as their project keeps them, or the
// installation does; what is not over stays, and so do other projects'.
func TestRunsGo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.KeepRuns = keep
	short, forEver := testkit.Scope(t, r.DB), testkit.Scope(t, r.DB)
	r.set("UPDATE projects SET run_keep_days = 2 WHERE id = ?", short.Project())
	r.set("UPDATE projects SET run_keep_days = 3650 WHERE id = ?", forEver.Project())
	r.run(r.scope, keep+day, 0)
	r.run(short, 3*day, 0)
	want := []string{r.run(forEver, keep+2*day, 0)}
	waits := r.run(short, 4*day, 0)
	r.set("UPDATE runs SET status = 'waiting', finished_at = NULL WHERE id = ?", waits)
	want = append(want, waits, r.run(r.scope, 3*day, 0), r.run(short, day, 0))
	r.sweepRuns()
	if diff := cmp.Diff(want, r.list("SELECT id FROM runs ORDER BY id")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, r.list("SELECT run_id FROM run_steps ORDER BY run_id")); diff != "" {
		t.Error(diff)
	}
	r.KeepRuns = 0
	r.clock.Pass(100 * keep)
	r.sweepRuns()
	if n := len(r.list("SELECT id FROM runs")); n != 3 { // what waits, and what is kept for ever
		t.Errorf("%d are left", n)
	}
}

// A project that has more than it wants loses its oldest runs, of both environments.
func TestLargeRunsGo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.set("UPDATE projects SET run_keep_mb = 1 WHERE id = ?", r.scope.Project())
	other := testkit.Scope(t, r.DB)
	production := tenant.NewScope(r.scope.Project(), r.list("SELECT id FROM environments WHERE project_id = ? AND name = 'production'", r.scope.Project())[0], tenant.Production)
	want := []string{r.run(other, 10*day, 2<<20)}
	r.run(r.scope, 9*day, 10)
	r.run(production, 8*day, 500<<10)
	want = append(want, r.run(r.scope, 7*day, 400<<10), r.run(production, 6*day, 400<<10))
	r.sweepRuns()
	if diff := cmp.Diff(want, r.list("SELECT id FROM runs ORDER BY id")); diff != "" {
		t.Error(diff)
	}
	if n := len(r.list("SELECT id FROM runs WHERE response IS NOT NULL")); n != 0 {
		t.Errorf("%d responses are kept that are not to be", n)
	}
}
