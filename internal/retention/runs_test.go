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
func (r *rig) run(s tenant.Scope, ago time.Duration, user string, size int) (runID string) {
	r.t.Helper()
	at := r.clock.Now().Add(-ago)
	runID = id.At("run", at)[:24] + id.New("x")[22:28]
	err := r.DB.In(r.t.Context(), s, func(tx *gorm.DB) error {
		if err := tx.Exec(`INSERT INTO workflows (id, project_id, name, draft, endpoint_id, created_at, updated_at) VALUES ('p_' || ?, ?, 'x', '{}', 'en', now(), now()) ON CONFLICT DO NOTHING`, s.Project(), s.Project()).Error; err != nil {
			return err
		}
		// Random text, or the database would keep it in a few bytes.
		if err := tx.Exec(`INSERT INTO runs (id, workflow_id, workflow_name, version, status, external_user_id, input, response, store, lease_until, created_at, finished_at)
			VALUES (?, 'p_' || ?, 'x', 1, 'succeeded', nullif(?, ''), (SELECT string_agg(md5(random()::text), '') FROM generate_series(0, ?::int / 32)), '{}', 'none', ?, ?, ?)`,
			runID, s.Project(), user, size, at, at, at).Error; err != nil {
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
	r.run(r.scope, keep+day, "", 0)
	r.run(short, 3*day, "", 0)
	want := []string{r.run(forEver, keep+2*day, "", 0)}
	waits := r.run(short, 4*day, "", 0)
	r.set("UPDATE runs SET status = 'waiting', finished_at = NULL WHERE id = ?", waits)
	want = append(want, waits, r.run(r.scope, 3*day, "", 0), r.run(short, day, "", 0))
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
	want := []string{r.run(other, 10*day, "", 2<<20)}
	r.run(r.scope, 9*day, "", 10)
	r.run(production, 8*day, "", 500<<10)
	want = append(want, r.run(r.scope, 7*day, "", 400<<10), r.run(production, 6*day, "", 400<<10))
	r.sweepRuns()
	if diff := cmp.Diff(want, r.list("SELECT id FROM runs ORDER BY id")); diff != "" {
		t.Error(diff)
	}
	if n := len(r.list("SELECT id FROM runs WHERE response IS NOT NULL")); n != 0 {
		t.Errorf("%d responses are kept that are not to be", n)
	}
}

// With a user go their runs, also those under way, and no others: not another
// user's, not another tenant's, and not those of a user who comes by that name later.
func TestRunsOfUsersWhoAreGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := testkit.Scope(t, r.DB)
	r.set("INSERT INTO external_users (id, environment_id, external_id, created_at, updated_at) VALUES ('exu_1', ?, 'ada', now(), now()), ('exu_2', ?, 'ada', now(), now())", r.scope.Environment(), other.Environment())
	r.run(r.scope, day, "ada", 0)
	under := r.run(r.scope, day, "ada", 0)
	r.set("UPDATE runs SET status = 'running', finished_at = NULL WHERE id = ?", under)
	want := []string{r.run(r.scope, day, "bob", 0), r.run(other, day, "ada", 0)}
	r.set("DELETE FROM external_users WHERE id = 'exu_1'")
	want = append(want, r.run(r.scope, -time.Hour, "ada", 0))
	r.sweepRuns()
	got := r.list("SELECT id FROM runs")
	if diff := cmp.Diff(map[string]bool{want[0]: true, want[1]: true, want[2]: true}, setOf(got)); diff != "" {
		t.Error(diff)
	}
	if n := len(r.list("SELECT id FROM run_erasures")); n != 0 {
		t.Errorf("%d are to be forgotten still", n)
	}
	r.set("DELETE FROM environments WHERE id = ?", other.Environment())
	if n := len(r.list("SELECT id FROM run_erasures")); n != 0 {
		t.Errorf("%d are to be forgotten who went with their environment", n)
	}
}

func setOf(ids []string) map[string]bool {
	out := map[string]bool{}
	for _, one := range ids {
		out[one] = true
	}
	return out
}
