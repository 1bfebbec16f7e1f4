package usage_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/usage"
)

var noon = time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)

func service(d *db.DB) *usage.Service {
	return &usage.Service{DB: d, Now: func() time.Time { return noon }, Apps: func() map[string]string { return map[string]string{"acme-new": "acme"} }}
}

// run does one thing in a tenant's scope.
func run(t *testing.T, d *db.DB, scope tenant.Scope, sql string, args ...any) {
	t.Helper()
	if err := d.In(t.Context(), scope, func(tx *gorm.DB) error { return tx.Exec(sql, args...).Error }); err != nil {
		t.Fatal(err)
	}
}

// calls writes n calls through the proxy that ended in one statement.
func calls(t *testing.T, d *db.DB, scope tenant.Scope, at time.Time, user string, n int, code any) {
	t.Helper()
	run(t, d, scope, `INSERT INTO proxy_requests (id, request_id, account_id, external_user_id, app, method, host, path, status, error, duration_ms, bytes_in, bytes_out, refreshed, retried, redirects, created_at)
		SELECT ? || i, 'req', 'apn_1', ?, 'github', 'GET', 'h', '/', 200, ?, 10, 0, 0, false, false, 0, ? FROM generate_series(1, ?) i`, id.New("preq"), user, code, at, n)
}

func folded(t *testing.T, s *usage.Service) {
	t.Helper()
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func may(t *testing.T) usage.Period {
	t.Helper()
	p, err := usage.Days(noon.AddDate(0, 0, -9), noon.AddDate(0, 0, 21))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func of(t *testing.T, s *usage.Service, scope tenant.Scope, f usage.Filter) (usage.Counts, []usage.Group) {
	t.Helper()
	f.Period = may(t)
	total, groups, err := s.Of(t.Context(), scope, f)
	if err != nil {
		t.Fatal(err)
	}
	return total, groups
}

// Whole days are counted, in UTC, and no more than there may be of them.
func TestDays(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 5, n, 0, 0, 0, 0, time.UTC) }
	for name, tt := range map[string]struct {
		from, to    time.Time
		first, last time.Time
	}{
		"a day":              {day(3), day(4), day(3), day(4)},
		"parts of two":       {day(3).Add(time.Hour), day(4).Add(time.Second), day(3), day(5)},
		"of another zone":    {time.Date(2026, 5, 4, 1, 0, 0, 0, time.FixedZone("", 7200)), day(4), day(3), day(4)},
		"a second":           {day(3).Add(time.Hour), day(3).Add(time.Hour + time.Second), day(3), day(4)},
		"as much as may be":  {day(3), day(3).Add(usage.LongestPeriod), day(3), day(3).Add(usage.LongestPeriod)},
		"nothing":            {day(3), day(3), time.Time{}, time.Time{}},
		"before all time":    {time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(0, 1, 2, 0, 0, 0, 0, time.UTC), time.Time{}, time.Time{}},
		"after all time":     {time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}, time.Time{}},
		"it ends before":     {day(3), day(2), time.Time{}, time.Time{}},
		"longer than may be": {day(3), day(5).Add(usage.LongestPeriod), time.Time{}, time.Time{}},
	} {
		p, err := usage.Days(tt.from, tt.to)
		if tt.first.IsZero() {
			if !errors.Is(err, usage.ErrPeriod) {
				t.Errorf("%s: %v, %v", name, p, err)
			}
			continue
		}
		if err != nil || !p.First.Equal(tt.first) || !p.End.Equal(tt.last) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

// Each kind is counted where it is written, with what is known of it, and nothing
// that was refused, was undone, or is under way still.
func TestEachKind(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	scope, other, s := testkit.Scope(t, d), testkit.Scope(t, d), service(d)
	user := id.New("exu")
	run(t, d, scope, `INSERT INTO external_users (id, external_id, created_at, updated_at) VALUES (?, 'ann', now(), now())`, user)
	run(t, d, scope, `INSERT INTO http_endpoints (id, project_id, environment_id, target_id) VALUES ('en1', ?, ?, 'dc_1')`, scope.Project(), scope.Environment())
	run(t, d, scope, `INSERT INTO triggers (id, user_id, component_key, name, configured_props, endpoint_id, created_at, updated_at) VALUES ('dc_1', ?, 'acme-new', 't', '{}', 'en1', now(), now())`, user)
	run(t, d, scope, `INSERT INTO events (id, type, subject_id, external_user_id, body, created_at)
		SELECT 'evt_' || i, CASE WHEN i < 4 THEN 'trigger.emitted' ELSE 'ACCOUNT_DEAD' END, 'dc_1', 'ann', '{}', ? FROM generate_series(1, 5) i`, noon)
	run(t, d, scope, `INSERT INTO events (id, type, subject_id, external_user_id, body, created_at) VALUES ('evt_c', 'CONNECTION_SUCCESS', 'apn_gone', 'ann', '{}', ?)`, noon)
	calls(t, d, scope, noon, "ann", 4, nil)
	calls(t, d, scope, noon, "ann", 9, "rate_limited")
	calls(t, d, scope, noon.AddDate(0, 0, -1), "bob", 2, nil)
	calls(t, d, other, noon, "ann", 7, nil)
	action := `INSERT INTO action_runs (id, component_key, component_version, app, account_id, external_user_id, status, background, input_hash, created_at, started_at, finished_at) VALUES (?, 'k', '1', 'slack', '', 'ann', ?, false, '', ?, ?, ?)`
	run(t, d, scope, action, "arun_1", "succeeded", noon, noon, noon.Add(31*time.Second)) // two credits
	run(t, d, scope, action, "arun_2", "queued", noon, nil, nil)
	run(t, d, scope, action, "arun_3", "running", noon, noon, nil)
	run(t, d, scope, `UPDATE action_runs SET status = 'canceled', finished_at = ? WHERE id = 'arun_2'`, noon) // it never began
	run(t, d, scope, `UPDATE action_runs SET lease_id = 'l' WHERE id = 'arun_3'`)
	run(t, d, scope, `UPDATE action_runs SET status = 'failed', finished_at = ? WHERE id = 'arun_3'`, noon.Add(time.Second))
	run(t, d, scope, `UPDATE action_runs SET kept_until = now() WHERE id = 'arun_3'`)
	undone := errors.New("undone")
	err := d.In(t.Context(), scope, func(tx *gorm.DB) error {
		if err := tx.Exec(action, "arun_4", "succeeded", noon, noon, noon).Error; err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	folded(t, s)
	folded(t, s)
	total, days := of(t, s, scope, usage.Filter{By: "day"})
	want := usage.Counts{Connects: 1, ActionRuns: 2, ProxyCalls: 6, TriggerEvents: 3, Credits: 3 + 6 + 3, Ms: 31_000 + 1_000 + 60}
	if total != want || len(days) != 2 || days[0].Key != "2026-05-09" || days[0].ProxyCalls != 2 || days[1].Key != "2026-05-10" {
		t.Fatalf("%+v, %+v", total, days)
	}
	if _, by := of(t, s, scope, usage.Filter{By: "user", Most: 1}); len(by) != 1 || by[0].Key != "ann" || by[0].ProxyCalls != 4 {
		t.Fatalf("by user: %+v", by)
	}
	if _, by := of(t, s, scope, usage.Filter{By: "trigger", App: "acme"}); len(by) != 1 || by[0].Key != "dc_1" || by[0].TriggerEvents != 3 {
		t.Fatalf("by trigger: %+v", by)
	}
	if total, _ := of(t, s, scope, usage.Filter{By: "app", User: "bob"}); total != (usage.Counts{ProxyCalls: 2, Credits: 2, Ms: 20}) {
		t.Fatalf("of one user: %+v", total)
	}
	if total, _ := of(t, s, other, usage.Filter{By: "day"}); total.ProxyCalls != 7 || total.ActionRuns != 0 {
		t.Fatalf("of another tenant: %+v", total)
	}
}

// Notes that come while several workers fold are counted once, all of them.
func TestFoldAtOnce(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	scope, s := testkit.Scope(t, d), service(d)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				calls(t, d, scope, noon, "ann", 3, nil)
			}
		})
		wg.Go(func() {
			for range 5 {
				if _, err := s.Fold(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	folded(t, s)
	if total, _ := of(t, s, scope, usage.Filter{By: "day"}); total.ProxyCalls != 60 {
		t.Fatalf("%+v", total)
	}
}

// Whoever dies half-way through a fold has counted nothing, and the next counts
// all of it once.
func TestKilledHalfWay(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	scope, s := testkit.Scope(t, d), service(d)
	calls(t, d, scope, noon, "ann", 5, nil)
	system := func(sql string) {
		t.Helper()
		if err := d.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec(sql).Error }); err != nil {
			t.Fatal(err)
		}
	}
	system(`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$`)
	system(`CREATE TRIGGER die AFTER INSERT ON usage_months FOR EACH STATEMENT EXECUTE FUNCTION die()`)
	if _, err := s.Fold(t.Context()); err == nil {
		t.Fatal("it was not killed")
	}
	if total, _ := of(t, s, scope, usage.Filter{By: "day"}); total != (usage.Counts{}) {
		t.Fatalf("half of it was counted: %+v", total)
	}
	system(`DROP TRIGGER die ON usage_months`)
	folded(t, s)
	folded(t, s)
	if total, _ := of(t, s, scope, usage.Filter{By: "day"}); total.ProxyCalls != 5 {
		t.Fatalf("%+v", total)
	}
}

// What a user used stays when the user goes, and is nobody's.
func TestForgotten(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	scope, s := testkit.Scope(t, d), service(d)
	run(t, d, scope, `INSERT INTO external_users (id, external_id, created_at, updated_at) VALUES ('exu_1', 'ann', now(), now())`)
	calls(t, d, scope, noon, "ann", 3, nil)
	calls(t, d, scope, noon, "", 1, nil)
	calls(t, d, scope, noon, "bob", 2, nil)
	folded(t, s)
	calls(t, d, scope, noon, "ann", 1, nil)
	run(t, d, scope, `DELETE FROM external_users WHERE id = 'exu_1'`)
	folded(t, s)
	calls(t, d, scope, noon, "ann", 4, nil) // begun before, and over after she was forgotten
	calls(t, d, scope, noon, "", 1, nil)
	folded(t, s)
	total, by := of(t, s, scope, usage.Filter{By: "user"})
	if total.ProxyCalls != 12 || by[0].ProxyCalls != 10 {
		t.Fatalf("%+v, %+v", total, by)
	}
	run(t, d, scope, `INSERT INTO external_users (id, external_id, created_at, updated_at) VALUES ('exu_2', 'ann', now(), now())`)
	calls(t, d, scope, noon, "ann", 1, nil) // she came again
	folded(t, s)
	total, by = of(t, s, scope, usage.Filter{By: "user"})
	if len(by) != 3 || total.ProxyCalls != 13 {
		t.Fatalf("%+v, %+v", total, by)
	}
	run(t, d, scope, `DELETE FROM external_users WHERE id = 'exu_2'`)
	folded(t, s)
	total, by = of(t, s, scope, usage.Filter{By: "user"})
	if total.ProxyCalls != 13 || len(by) != 2 || by[0].Key != "" || by[0].ProxyCalls != 11 || by[1].Key != "bob" {
		t.Fatalf("%+v, %+v", total, by)
	}
}

// A workspace's days are those of its projects, or of some; notes of an environment
// that went before they were folded hold nothing up. Old days go.
func TestOfWorkspace(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	scope, gone, s := testkit.Scope(t, d), testkit.Scope(t, d), service(d)
	calls(t, d, scope, noon, "ann", 3, nil)
	calls(t, d, scope, noon.AddDate(0, 0, -8), "ann", 1, nil)
	calls(t, d, gone, noon, "ann", 3, nil)
	var workspace string
	err := d.System(t.Context(), func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM projects WHERE id = ?", gone.Project()).Error; err != nil {
			return err
		}
		return tx.Raw("SELECT workspace_id FROM projects WHERE id = ?", scope.Project()).Row().Scan(&workspace)
	})
	if err != nil {
		t.Fatal(err)
	}
	folded(t, s)
	look := func(w usage.Within) (all, last int64, n int) {
		t.Helper()
		days, err := s.OfWorkspace(t.Context(), workspace, w, may(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, day := range days {
			all += day.ProxyCredits
			if day.ProxyCalls == 3 {
				last = day.ProxyCredits
			}
		}
		return all, last, len(days)
	}
	if all, last, n := look(usage.Within{}); all != 4 || last != 3 || n != 31 {
		t.Fatal(all, last, n)
	}
	if all, _, _ := look(usage.Within{Projects: []string{}}); all != 0 {
		t.Fatal("of no project:", all)
	}
	if all, _, _ := look(usage.Within{Projects: []string{scope.Project()}, Environment: tenant.Production}); all != 0 {
		t.Fatal("of the other environment:", all)
	}
	s.Keep = 5 * 24 * time.Hour
	folded(t, s)
	if all, _, _ := look(usage.Within{}); all != 3 {
		t.Fatal("with what is too old:", all)
	}
}
