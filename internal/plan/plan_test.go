package plan_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/plan"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/usage"
)

type (
	rates  = map[string]limit.Rate
	quotas = map[string]plan.Quota
)

var hour = func(n int) limit.Rate { return limit.Rate{Requests: n, Window: time.Hour} }

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		plan plan.Plan
		want error
	}{
		"nothing":             {plan.Plan{Name: "free", Title: "Free"}, nil},
		"all that there is":   {plan.Plan{Name: "a", Title: "A", Terms: plan.Terms{Limits: rates{"proxy": hour(1)}, Quotas: quotas{"credit": {Most: 1, Refuse: true}, "delivery": {}}}}, nil},
		"no name":             {plan.Plan{Title: "Free"}, plan.ErrName},
		"a name of words":     {plan.Plan{Name: "My plan", Title: "Free"}, plan.ErrName},
		"a title of a mile":   {plan.Plan{Name: "free", Title: strings.Repeat("ü", 121)}, plan.ErrName},
		"a limit of nobody":   {plan.Plan{Name: "a", Title: "A", Terms: plan.Terms{Limits: rates{"colours": hour(1)}}}, plan.ErrLimit},
		"a quota of nobody":   {plan.Plan{Name: "a", Title: "A", Terms: plan.Terms{Quotas: quotas{"colour": {}}}}, plan.ErrKind},
		"less than nothing":   {plan.Plan{Name: "a", Title: "A", Terms: plan.Terms{Quotas: quotas{"credit": {Most: -1}}}}, plan.ErrMost},
		"what would be lost":  {plan.Plan{Name: "a", Title: "A", Terms: plan.Terms{Quotas: quotas{"trigger_event": {Most: 1, Refuse: true}}}}, plan.ErrRefuse},
		"deliveries the same": {plan.Plan{Name: "a", Title: "A", Terms: plan.Terms{Quotas: quotas{"delivery": {Most: 1, Refuse: true}}}}, plan.ErrRefuse},
	} {
		if err := tt.plan.Validate(); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// used writes what a project used in the month of a moment.
func used(t *testing.T, d *db.DB, scope tenant.Scope, at time.Time, kind string, n int) {
	t.Helper()
	err := d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec(`INSERT INTO usage_notes (environment_id, day, kind, count, credits) VALUES (?, ?, ?, ?, ?)`, scope.Environment(), at.Format(time.DateOnly), kind, n, n).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := (&usage.Service{DB: d, Now: func() time.Time { return at }}).Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func workspace(t *testing.T, d *db.DB, scope tenant.Scope) (out string) {
	t.Helper()
	err := d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT workspace_id FROM projects WHERE id = ?", scope.Project()).Row().Scan(&out)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A plan's limits hold in place of the server's, for its workspace alone, and a
// project's own where they are lower; a limit per user is each user's.
func TestLimits(t *testing.T) {
	t.Parallel()
	d, clock := testkit.DB(t), testkit.NewClock()
	scope, other := testkit.Scope(t, d), testkit.Scope(t, d)
	s := func() *plan.Service { // a process that knows nothing yet
		return &plan.Service{DB: d, Limits: &limit.Service{Now: clock.Now}, Defaults: rates{limit.Proxy: hour(8), limit.ConnectTokens: hour(2)}, Now: clock.Now}
	}
	through := func(s *plan.Service, scope tenant.Scope, name, who string) (n int) {
		t.Helper()
		for ; n < 100; n++ {
			if _, err := s.Take(t.Context(), name, scope.Project(), who); err != nil {
				if !errors.Is(err, limit.ErrThrottled) {
					t.Fatal(err)
				}
				break
			}
		}
		return n
	}
	must(t, s().Put(t.Context(), &plan.Plan{Name: "large", Title: "Large", Terms: plan.Terms{Limits: rates{limit.Proxy: hour(40), limit.ConnectTokens: {}}}}))
	if err := s().Attach(t.Context(), workspace(t, d, scope), "huge"); !errors.Is(err, plan.ErrNotFound) {
		t.Fatalf("a plan of nobody: %v", err)
	}
	if err := s().Attach(t.Context(), "o_nobody", "large"); !errors.Is(err, plan.ErrWorkspace) {
		t.Fatalf("a workspace of nobody: %v", err)
	}
	must(t, s().Attach(t.Context(), workspace(t, d, scope), "large"))
	// Without Redis a process lets half of a limit through.
	if n := through(s(), scope, limit.Proxy, ""); n != 20 {
		t.Errorf("by the plan: %d", n)
	}
	if n := through(s(), scope, limit.ConnectTokens, "ann"); n != 100 {
		t.Errorf("the plan says none: %d", n)
	}
	if n := through(s(), other, limit.Proxy, ""); n != 4 {
		t.Errorf("without a plan: %d", n)
	}
	one := s()
	if a, b := through(one, other, limit.ConnectTokens, "ann"), through(one, other, limit.ConnectTokens, "bob"); a != 1 || b != 1 {
		t.Errorf("per user: %d, %d", a, b)
	}
	if n := through(s(), scope, limit.Actions, ""); n != 100 {
		t.Errorf("a limit that nobody set: %d", n)
	}
	must(t, one.Set(t.Context(), other, plan.Terms{Limits: rates{limit.Proxy: hour(2), limit.ConnectTokens: hour(50)}}))
	if n := through(one, other, limit.Proxy, ""); n != 1 {
		t.Errorf("the project's own: %d", n)
	}
	if n := through(s(), other, limit.ConnectTokens, "zoe"); n != 1 {
		t.Errorf("one above the server's: %d", n)
	}
	if err := s().Remove(t.Context(), "large"); !errors.Is(err, plan.ErrAttached) {
		t.Fatalf("a plan that is attached: %v", err)
	}
	must(t, s().Attach(t.Context(), workspace(t, d, scope), ""))
	must(t, s().Remove(t.Context(), "large"))
	if err := s().Remove(t.Context(), "large"); !errors.Is(err, plan.ErrNotFound) {
		t.Fatalf("a plan that is gone: %v", err)
	}
	var none *plan.Service
	if _, err := none.Take(t.Context(), limit.Proxy, scope.Project(), ""); err != nil {
		t.Fatal(err)
	}
	must(t, none.Allow(t.Context(), scope.Project(), usage.ActionRuns))
}

// Of two who saw the same limits and set others at once, one is told, also where
// there were none yet.
func TestTwoSetLimits(t *testing.T) {
	t.Parallel()
	d, clock := testkit.DB(t), testkit.NewClock()
	scope := testkit.Scope(t, d)
	s := &plan.Service{DB: d, Limits: &limit.Service{Now: clock.Now}, Now: clock.Now}
	var seen time.Time
	for turn := range 2 {
		clock.Pass(time.Minute)
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i := range errs {
			both.Go(func() {
				errs[i] = s.Set(t.Context(), scope, plan.Terms{Limits: rates{limit.Proxy: hour(10*turn + i + 1)}}, seen)
			})
		}
		both.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), fault.ErrChanged) {
			t.Fatalf("turn %d: %v", turn, errs)
		}
		won := 10*turn + 1
		if errs[0] != nil {
			won++
		}
		r, err := s.Of(t.Context(), scope)
		if err != nil || r.OwnAt == nil || !r.OwnAt.Equal(clock.Now()) || r.Own.Limits[limit.Proxy] != hour(won) {
			t.Fatalf("turn %d: %+v, %v", turn, r, err)
		}
		seen = *r.OwnAt
	}
	must(t, s.Set(t.Context(), scope, plan.Terms{}))
}

// A quota that refuses does so when it is used up, of what it is of and until the
// next month; the others only warn.
func TestQuotas(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	scope, other := testkit.Scope(t, d), testkit.Scope(t, d)
	may := time.Date(2026, 5, 31, 23, 59, 0, 0, time.UTC)
	at := func(now time.Time) *plan.Service { return &plan.Service{DB: d, Now: func() time.Time { return now }} }
	must(t, at(may).Put(t.Context(), &plan.Plan{Name: "p", Title: "P", Terms: plan.Terms{Quotas: quotas{"proxy_call": {10, true}, "workflow_run": {1, false}, "credit": {25, true}}}}))
	must(t, at(may).Attach(t.Context(), workspace(t, d, scope), "p"))
	must(t, at(may).Set(t.Context(), other, plan.Terms{Quotas: quotas{"action_run": {3, true}}}))
	used(t, d, scope, may, usage.ProxyCalls, 9)
	used(t, d, scope, may, usage.WorkflowRuns, 5)
	used(t, d, other, may, usage.ActionRuns, 3)
	allowed := func(now time.Time, scope tenant.Scope, kind string, want bool) {
		t.Helper()
		err := at(now).Allow(t.Context(), scope.Project(), kind)
		if (err == nil) != want || err != nil && !errors.Is(err, plan.ErrExceeded) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	allowed(may, scope, usage.ProxyCalls, true)
	used(t, d, scope, may, usage.ProxyCalls, 1)
	allowed(may, scope, usage.ProxyCalls, false)
	allowed(may, scope, usage.WorkflowRuns, true)
	allowed(may, scope, usage.ActionRuns, true)
	allowed(may, other, usage.ActionRuns, false)
	allowed(may, other, usage.ProxyCalls, true)
	used(t, d, scope, may, usage.TriggerEvents, 30) // which cost credits, and are not refused
	allowed(may, scope, usage.ActionRuns, false)
	allowed(may, scope, usage.TriggerEvents, true)
	allowed(may.Add(time.Minute), scope, usage.ProxyCalls, true)
	err := at(may).Allow(t.Context(), other.Project(), usage.ActionRuns)
	f := fault.Of(err)
	if f.Code != "quota_exceeded" || f.Kind != fault.Forbidden || f.Details["of"] != "project" || f.Details["used"] != int64(3) || f.Details["resets_at"] != "2026-06-01T00:00:00Z" {
		t.Errorf("%+v", f)
	}
	if len(plan.ErrExceeded.Details) != 0 {
		t.Error("the fault of one caller is everybody's")
	}
}

// A project is told once when most of a quota is used, and once when all is; of a
// workspace's quota those of its projects that use it.
func TestWarnings(t *testing.T) {
	t.Parallel()
	d, now := testkit.DB(t), time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC) // no month ends on the way
	clock := func() time.Time { return now }
	scope, idle := testkit.Scope(t, d), testkit.Scope(t, d)
	s := &plan.Service{DB: d, Now: clock}
	home := workspace(t, d, scope)
	err := d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE projects SET workspace_id = ? WHERE id = ?", home, idle.Project()).Error
	})
	must(t, err)
	must(t, s.Put(t.Context(), &plan.Plan{Name: "p", Title: "P", Terms: plan.Terms{Quotas: quotas{"proxy_call": {10, true}}}}))
	must(t, s.Attach(t.Context(), home, "p"))
	told := func() (out []string) {
		t.Helper()
		must(t, s.Sweep(t.Context()))
		must(t, (&plan.Service{DB: d, Now: clock}).Sweep(t.Context())) // of another process
		err := d.System(t.Context(), func(tx *gorm.DB) error {
			return tx.Raw("SELECT v.type || ' ' || v.subject_id FROM events v JOIN environments e ON e.id = v.environment_id WHERE e.name = 'production' ORDER BY v.id").Scan(&out).Error
		})
		must(t, err)
		now = now.Add(time.Minute)
		return out
	}
	used(t, d, scope, now, usage.ProxyCalls, 7)
	if got := told(); len(got) != 0 {
		t.Fatalf("told of 70 %%: %v", got)
	}
	used(t, d, scope, now, usage.ProxyCalls, 1)
	near, full := event.QuotaNear+" "+scope.Project(), event.QuotaReached+" "+scope.Project()
	for range 2 {
		if got := told(); len(got) != 1 || got[0] != near {
			t.Fatalf("of 80 %%: %v", got)
		}
	}
	used(t, d, scope, now, usage.ProxyCalls, 50)
	for range 2 {
		if got := told(); len(got) != 2 || got[1] != full {
			t.Fatalf("of all: %v", got)
		}
	}
	r, err := s.Of(t.Context(), scope)
	must(t, err)
	if len(r.Quotas) != 1 || r.Quotas[0].Used != 58 || r.Quotas[0].OfProject || r.Plan.Title != "P" || len(r.Limits) != len(limit.Published) {
		t.Fatalf("%+v", r)
	}
}

// While the database is away the server's limits hold, and no quota.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	d, clock := testkit.DB(t), testkit.NewClock()
	scope := testkit.Scope(t, d)
	s := &plan.Service{DB: d, Limits: &limit.Service{Now: clock.Now}, Defaults: rates{limit.Proxy: hour(2)}, Now: clock.Now}
	must(t, s.Set(t.Context(), scope, plan.Terms{Quotas: quotas{"proxy_call": {0, true}}}))
	must(t, d.Close())
	must(t, s.Allow(t.Context(), scope.Project(), usage.ProxyCalls))
	if _, err := s.Take(t.Context(), limit.Proxy, scope.Project(), ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Take(t.Context(), limit.Proxy, scope.Project(), ""); !errors.Is(err, limit.ErrThrottled) {
		t.Fatal(err)
	}
}
