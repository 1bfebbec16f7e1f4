package firing_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/firing"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/instance"
	"github.com/patchbay-dev/patchbay/internal/plan"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/usage"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

type rig struct {
	*firing.Service

	t         *testing.T
	clock     *testkit.Clock
	scope     tenant.Scope
	workflows *workflow.Service
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	runs := &run.Service{DB: d, Queue: testkit.DeadQueue(t), Box: testkit.Box(t), Verifier: &inbound.Verifier{Now: clock.Now}, Tally: &inbound.Tally{DB: d}, Metrics: telemetry.NewMetrics(), Now: clock.Now}
	return &rig{Service: &firing.Service{DB: d, Runs: runs, Now: clock.Now}, t: t, clock: clock, scope: testkit.Scope(t, d), workflows: &workflow.Service{DB: d, Now: clock.Now}}
}

// deploy makes a workflow with triggers of the development environment, and switches it on.
func (r *rig) deploy(triggers ...string) string {
	r.t.Helper()
	v, err := r.workflows.Create(r.t.Context(), r.scope.Project(), r.definition(triggers...))
	if err == nil {
		_, err = r.workflows.Deploy(r.t.Context(), r.scope.Project(), v.ID)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return v.ID
}

func (r *rig) definition(triggers ...string) *workflow.Definition {
	r.t.Helper()
	src := `{"name":"Flow","triggers":[` + strings.Join(triggers, ",") + `],"steps":[{"name":"a","type":"delay","for":"1h"}]}`
	d, err := workflow.ParseJSON([]byte(strings.ReplaceAll(src, `"type":"schedule"`, `"type":"schedule","environment":"development"`)))
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

func (r *rig) sweep() {
	r.t.Helper()
	if err := r.Sweep(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) runs() []run.Run {
	r.t.Helper()
	page, err := r.Runs.List(r.t.Context(), r.scope, run.Filter{}, db.Cursor{})
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range page.Items {
		one, _, err := r.Runs.Get(r.t.Context(), r.scope, page.Items[i].ID)
		if err != nil {
			r.t.Fatal(err)
		}
		page.Items[i] = *one
	}
	return page.Items
}

func (r *rig) exec(sql string, args ...any) {
	r.t.Helper()
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Exec(sql, args...).Error }); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) finish() {
	r.t.Helper()
	r.exec("UPDATE runs SET status = 'succeeded', finished_at = now() WHERE finished_at IS NULL")
}

// A due time starts one run, which says which trigger fired and when it was due,
// however many processes look at once.
func TestOneRunForADueTime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.deploy(`{"name":"often","type":"schedule","every":"1h"}`, `{"name":"off","type":"schedule","every":"1h","disabled":true}`)
	r.sweep()
	if n := len(r.runs()); n != 0 {
		t.Fatalf("%d runs before the time", n)
	}
	due := r.clock.Now().Add(time.Hour)
	r.clock.Pass(time.Hour + time.Second)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 3 {
				if err := r.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	runs := r.runs()
	if len(runs) != 1 || runs[0].Trigger != "often" || runs[0].Status != run.Queued || runs[0].ExternalUserID != nil {
		t.Fatalf("%+v", runs)
	}
	var event struct {
		DueAt    string  `json:"due_at"`
		Interval float64 `json:"interval_seconds"`
	}
	if err := json.Unmarshal([]byte(runs[0].Input), &event); err != nil || event.DueAt != due.UTC().Format(time.RFC3339) || event.Interval != 3600 {
		t.Errorf("%+v, %v", event, err)
	}
	r.clock.Pass(time.Hour)
	r.sweep()
	if n := len(r.runs()); n != 2 {
		t.Errorf("%d runs after the second time", n)
	}
}

// A process that died after it wrote a firing down leaves it to another, who starts
// its run; a due time that was written down is not written down again.
func TestKilledBetween(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(`{"type":"schedule","every":"1h"}`)
	due := r.clock.Now().Add(time.Hour)
	r.clock.Pass(2 * time.Hour)
	// It planned, and died; and the plan was made once more by one that had read the row before.
	r.exec(`INSERT INTO workflow_firings (id, environment_id, trigger_id, due_at, state, fire_at) SELECT 'fir_1', environment_id, id, due_at, 'waiting', due_at FROM workflow_triggers WHERE workflow_id = ?`, w)
	r.exec(`UPDATE workflow_triggers SET due_at = ? WHERE workflow_id = ?`, due, w)
	r.exec(`UPDATE workflow_triggers SET definition = definition || '{"missed":"all"}' WHERE workflow_id = ?`, w)
	r.sweep()
	r.sweep()
	if n := len(r.runs()); n != 2 { // one for each of the two hours
		t.Errorf("%d runs", n)
	}
}

// What nobody was there for is passed over, done once, or made up for.
func TestMissed(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]int{"skip": 0, "one": 1, "all": 5} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			w := r.deploy(`{"type":"schedule","every":"1h","missed":"` + policy + `"}`)
			r.clock.Pass(5*time.Hour + 30*time.Minute)
			r.sweep()
			if n := len(r.runs()); n != want {
				t.Errorf("%d runs, want %d", n, want)
			}
			rows, err := r.List(t.Context(), r.scope.Project(), w, "schedule", 10)
			if err != nil || len(rows) != max(1, want) {
				t.Fatalf("%+v, %v", rows, err)
			}
			if want == 0 && (rows[0].State != firing.Skipped || *rows[0].Reason != firing.Missed) {
				t.Errorf("%+v", rows[0])
			}
			r.clock.Pass(30 * time.Minute)
			r.sweep()
			if n := len(r.runs()); n != want+1 {
				t.Errorf("%d runs after the next time, want %d", n, want+1)
			}
		})
	}
}

// A due time whose predecessor is under way starts a run, none, or one when that is over.
func TestOverlap(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]struct{ under, after int }{"allow": {2, 2}, "skip": {1, 1}, "queue": {1, 2}, "cancel_old": {2, 2}} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.deploy(`{"type":"schedule","every":"1h","overlap":"` + policy + `"}`)
			for range 2 {
				r.clock.Pass(time.Hour)
				r.sweep()
			}
			if n := len(r.runs()); n != want.under {
				t.Errorf("%d runs while the first is under way, want %d", n, want.under)
			}
			canceled := 0
			for _, one := range r.runs() {
				if one.Status == run.Canceled && one.Error.Code == "superseded" {
					canceled++
				}
			}
			if canceled != map[string]int{"cancel_old": 1}[policy] {
				t.Errorf("%d runs were canceled", canceled)
			}
			r.finish()
			r.clock.Pass(time.Minute)
			r.sweep()
			if n := len(r.runs()); n != want.after {
				t.Errorf("%d runs after it, want %d", n, want.after)
			}
		})
	}
}

// A schedule for each user has one run for each who has an account of the app, and
// spreads them.
func TestForEachUser(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(`{"type":"schedule","every":"1h","jitter":"10m","for_each_user":{"app":"acme"}}`)
	for _, user := range []string{"ada", "bob", "cyd"} {
		r.account(user, "acme")
	}
	r.account("bob", "acme") // a second one
	r.account("dan", "other")
	r.clock.Pass(time.Hour)
	r.sweep()
	r.clock.Pass(10 * time.Minute)
	r.sweep()
	users := map[string]int{}
	for _, one := range r.runs() {
		users[*one.ExternalUserID]++
	}
	if len(users) != 3 || users["ada"] != 1 || users["bob"] != 1 || users["cyd"] != 1 {
		t.Errorf("%v", users)
	}
	if _, err := r.RunNow(t.Context(), r.scope.Project(), w, "schedule", ""); !errors.Is(err, firing.ErrUsers) {
		t.Errorf("run now for nobody: %v", err)
	}
	if got, err := r.RunNow(t.Context(), r.scope.Project(), w, "schedule", "ada"); err != nil || *got.ExternalUserID != "ada" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A schedule for each instance has one run for each that is on, at the same place of
// its spread every time. Who switched the workflow off is passed over, also by a
// schedule for all who have an app.
func TestForEachInstance(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(`{"name":"own","type":"schedule","every":"1h","jitter":"30m","for_each_user":{"instances":true}}`, `{"name":"app","type":"schedule","every":"1h","for_each_user":{"app":"acme"}}`)
	instances := &instance.Service{DB: r.DB, Now: r.clock.Now}
	for user, active := range map[string]bool{"ada": true, "bob": false, "cyd": true} {
		r.account(user, "acme")
		if _, err := instances.Put(t.Context(), r.scope, w, user, instance.Wish{Active: active}); err != nil {
			t.Fatal(err)
		}
	}
	r.account("dan", "acme") // has none
	spread := func() map[string]time.Duration {
		t.Helper()
		r.clock.Pass(time.Hour)
		r.sweep()
		rows, err := r.List(t.Context(), r.scope.Project(), w, "own", 2)
		if err != nil || len(rows) != 2 {
			t.Fatalf("%+v, %v", rows, err)
		}
		out := map[string]time.Duration{}
		for _, f := range rows {
			out[f.ExternalUserID] = f.FireAt.Sub(f.DueAt)
		}
		return out
	}
	first, second := spread(), spread()
	if diff := cmp.Diff(first, second); diff != "" || first["ada"] == first["cyd"] {
		t.Errorf("%v, then %v", first, second)
	}
	for name, want := range map[string]time.Duration{"ada": first["ada"], "cyd": first["cyd"], "nobody": 0} {
		own, err := r.workflows.Trigger(t.Context(), r.scope.Project(), w, "own")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.UserPlace(t.Context(), r.scope.Project(), own, name); err != nil || (got-want).Abs() > time.Millisecond {
			t.Errorf("the place of %s is %v, %v, and not %v", name, got, err, want)
		}
	}
	// Of those that are waited for, one is switched off before its time.
	if _, err := instances.Put(t.Context(), r.scope, w, "cyd", instance.Wish{}); err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(30 * time.Minute)
	r.sweep()
	users := map[string]int{}
	for _, one := range r.runs() {
		users[one.Trigger+" "+*one.ExternalUserID]++
	}
	if users["own ada"] == 0 || users["app dan"] == 0 || users["own bob"]+users["app bob"]+users["own dan"] != 0 {
		t.Errorf("%v", users)
	}
	rows, err := r.List(t.Context(), r.scope.Project(), w, "own", 100)
	if err != nil {
		t.Fatal(err)
	}
	skipped := false
	for _, f := range rows {
		skipped = skipped || f.ExternalUserID == "cyd" && f.State == firing.Skipped && *f.Reason == firing.UserOff
	}
	if !skipped {
		t.Errorf("%+v", rows)
	}
}

func (r *rig) account(user, app string) {
	r.t.Helper()
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		u, err := account.EnsureUser(tx, user, r.clock.Now())
		if err != nil {
			return err
		}
		return tx.Exec(`INSERT INTO accounts (id, user_id, app, auth, vars, scopes, health_since, created_at, updated_at) VALUES (?, ?, ?, 'key', '{}', '[]', now(), now(), now())`, id.New("apn"), u.ID, app).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// A schedule is fired by hand, in the environment of its definition; what is none, is
// off, or is another's, is not.
func TestRunNow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(`{"type":"schedule","cron":"0 9 * * *","time_zone":"Europe/Berlin"}`, `{"type":"http"}`)
	got, err := r.RunNow(t.Context(), r.scope.Project(), w, "schedule", "")
	if err != nil || got.Trigger != "schedule" || !strings.Contains(got.Input, `"manual":true`) || !strings.Contains(got.Input, `"Europe/Berlin"`) {
		t.Fatalf("%+v, %v", got, err)
	}
	if n := len(r.runs()); n != 1 {
		t.Errorf("%d runs in development", n)
	}
	stranger := testkit.Scope(t, r.DB)
	for name, tt := range map[string]struct {
		project, trigger string
		want             error
	}{
		"no schedule": {r.scope.Project(), "http", firing.ErrNotSchedule}, "unknown": {r.scope.Project(), "zzz", workflow.ErrNoTrigger},
		"another project's": {stranger.Project(), "schedule", workflow.ErrNoTrigger},
	} {
		if _, err := r.RunNow(t.Context(), tt.project, w, tt.trigger, ""); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if name != "no schedule" {
			if _, err := r.List(t.Context(), tt.project, w, tt.trigger, 10); !errors.Is(err, tt.want) {
				t.Errorf("%s: list: %v", name, err)
			}
		}
	}
	if _, err := r.workflows.Disable(t.Context(), r.scope.Project(), w); err != nil {
		t.Fatal(err)
	}
	if _, err := r.RunNow(t.Context(), r.scope.Project(), w, "schedule", ""); !errors.Is(err, firing.ErrOff) {
		t.Errorf("of a workflow that is off: %v", err)
	}
}

// A quota of runs that is used up skips due times, and says so; what an app emits
// starts a run all the same, for it would be lost.
func TestQuota(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(`{"type":"schedule","every":"1h"}`)
	r.Plans = &plan.Service{DB: r.DB, Now: r.clock.Now}
	if err := r.Plans.Set(t.Context(), r.scope, plan.Terms{Quotas: map[string]plan.Quota{usage.WorkflowRuns: {Most: 0, Refuse: true}}}); err != nil {
		t.Fatal(err)
	}
	r.sweep()
	r.clock.Pass(time.Hour + time.Minute)
	r.sweep()
	got, err := r.List(t.Context(), r.scope.Project(), w, "schedule", 10)
	if err != nil || len(got) == 0 || got[len(got)-1].State != firing.Skipped || *got[len(got)-1].Reason != firing.OverQuota {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := r.RunNow(t.Context(), r.scope.Project(), w, "schedule", ""); !errors.Is(err, plan.ErrExceeded) {
		t.Errorf("by hand: %v", err)
	}
	if n := len(r.runs()); n != 0 {
		t.Errorf("%d runs", n)
	}
}

// What is switched off fires nothing, and misses nothing; a trigger keeps from one
// version to the next that it was switched off.
func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	project := r.scope.Project()
	w := r.deploy(`{"type":"schedule","every":"1h"}`)
	if l, err := r.workflows.SwitchTrigger(t.Context(), project, w, "schedule", false); err != nil || l.Running || l.DueAt != nil {
		t.Fatalf("%+v, %v", l, err)
	}
	if _, err := r.workflows.Update(t.Context(), project, w, r.definition(`{"type":"schedule","every":"30m"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.workflows.Deploy(t.Context(), project, w); err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(3 * time.Hour)
	r.sweep()
	if l, err := r.workflows.SwitchTrigger(t.Context(), project, w, "schedule", true); err != nil || !l.Running || !l.DueAt.Equal(r.clock.Now().Add(30*time.Minute)) {
		t.Fatalf("%+v, %v", l, err)
	}
	r.clock.Pass(31 * time.Minute)
	r.sweep()
	if n := len(r.runs()); n != 1 {
		t.Errorf("%d runs", n)
	}
}

// A filter that is not true of an event starts no run, and what is not for it shows why.
func TestFilter(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(`{"type":"schedule","every":"1h","filter":"{{ trigger.manual }}"}`)
	r.clock.Pass(time.Hour)
	r.sweep()
	rows, err := r.List(t.Context(), r.scope.Project(), w, "schedule", 10)
	if err != nil || len(rows) != 1 || rows[0].State != firing.Skipped || *rows[0].Reason != "filter" || len(r.runs()) != 0 {
		t.Fatalf("%+v, %v", rows, err)
	}
	if _, err := r.RunNow(t.Context(), r.scope.Project(), w, "schedule", ""); err != nil {
		t.Error(err)
	}
}
