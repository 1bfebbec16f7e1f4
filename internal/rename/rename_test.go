package rename_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/rename"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

const ada, bob, number = "ada@example.test", "bob@example.test", "user-4711"

type rig struct {
	*rename.Service
	*testkit.Filling

	t     *testing.T
	clock *testkit.Clock
	scope tenant.Scope
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	return &rig{Service: &rename.Service{DB: d, Now: clock.Now}, Filling: testkit.NewFilling(t, d, clock.Now), t: t, clock: clock, scope: testkit.Scope(t, d)}
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) system(query string, args ...any) {
	r.t.Helper()
	r.must(r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Exec(query, args...).Error }))
}

func (r *rig) sweep() {
	r.t.Helper()
	r.must(r.Sweep(r.t.Context()))
}

func (r *rig) begin(userID, from, to string) (out *rename.Rename, err error) {
	r.t.Helper()
	err = r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		if out, err = rename.Begin(tx, r.scope, userID, from, to, r.clock.Now()); err != nil {
			return err
		}
		return tx.Exec("UPDATE external_users SET external_id = ? WHERE id = ?", to, userID).Error
	})
	return out, err
}

func (r *rig) rename(userID, from, to string) string {
	r.t.Helper()
	out, err := r.begin(userID, from, to)
	r.must(err)
	return out.ID
}

func (r *rig) get(renameID string) *rename.Rename {
	r.t.Helper()
	out, err := r.Get(r.t.Context(), r.scope, renameID)
	r.must(err)
	return out
}

// of counts the rows of each table that are filed under an id.
func (r *rig) of(s tenant.Scope, externalID string) map[string]int {
	r.t.Helper()
	out := map[string]int{}
	columns, _ := rename.Columns()
	columns["external_users.external_id"], columns["usage_days.external_user_id"] = true, true
	r.must(r.DB.In(r.t.Context(), s, func(tx *gorm.DB) error {
		for name := range columns {
			table, column, _ := strings.Cut(name, ".")
			if column == "filter" {
				column = "filter->>'external_user_id'"
			}
			var n int
			if err := tx.Raw("SELECT count(*) FROM "+table+" WHERE "+column+" = ?", externalID).Scan(&n).Error; err != nil {
				return err
			}
			if n > 0 {
				out[table] = n
			}
		}
		return nil
	}))
	return out
}

func (r *rig) used(s tenant.Scope, externalID string, day time.Time, n int) {
	r.t.Helper()
	r.system("INSERT INTO usage_days (environment_id, day, kind, external_user_id, app, workflow_id, trigger_id, count, credits, ms) VALUES (?, ?, 'connect', ?, '', '', '', ?, 0, 0)",
		s.Environment(), day.UTC().Format(time.DateOnly), externalID, n)
}

// Every column that holds a customer's own id of a user, and every filter that names
// one, is renamed or stands in a list with the reason why not.
func TestEveryColumnIsListed(t *testing.T) {
	t.Parallel()
	var columns []string
	err := testkit.DB(t).System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw(`SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
			WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
				AND (a.attname LIKE '%external%id' OR a.attname = 'filter')`).Scan(&columns).Error
	})
	if err != nil || len(columns) == 0 {
		t.Fatal(columns, err)
	}
	renamed, other := rename.Columns()
	there := map[string]bool{}
	for _, c := range columns {
		there[c] = true
		switch why := other[c]; {
		case !renamed[c] && why == "":
			t.Errorf("internal/rename/places.go does not say what becomes of %s when a user is given another id", c)
		case renamed[c] && why != "":
			t.Errorf("%s is said to be renamed and not to be", c)
		}
	}
	for c := range renamed {
		if !there[c] {
			t.Errorf("%s is listed and does not exist", c)
		}
	}
	for c := range other {
		if !there[c] {
			t.Errorf("%s is listed and does not exist", c)
		}
	}
}

// All that is filed under the former id is filed under the new one, and nothing of
// anybody else, in another tenant neither; the former id itself is forgotten at the end.
func TestEverythingMoves(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := testkit.Scope(t, r.DB)
	id := r.User(r.scope, ada, "word")
	r.User(r.scope, bob, "word")
	r.User(other, ada, "word")
	yesterday := r.clock.Now().AddDate(0, 0, -1)
	r.used(r.scope, ada, yesterday, 3)
	r.used(r.scope, number, yesterday, 4) // a call for a user who was not there
	r.used(other, ada, yesterday, 3)
	adas, bobs, others := r.of(r.scope, ada), r.of(r.scope, bob), r.of(other, ada)
	columns, _ := rename.Columns()
	if len(adas) != len(columns)+2 {
		t.Fatalf("the test fills %d of %d places: %v", len(adas), len(columns)+2, adas)
	}
	renameID := r.rename(id, ada, number)
	if got := r.of(r.scope, number); got["external_users"] != 1 || got["runs"] != 1 { // the run is under way
		t.Errorf("at once: %v", got)
	}
	r.sweep()
	if diff := cmp.Diff(map[string]int{}, r.of(r.scope, ada)); diff != "" {
		t.Errorf("under the former id is left: %s", diff)
	}
	if diff := cmp.Diff(adas, r.of(r.scope, number)); diff != "" {
		t.Error(diff)
	}
	var used int
	r.must(r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Raw("SELECT count FROM usage_days WHERE external_user_id = ?", number).Scan(&used).Error
	}))
	if used != 7 {
		t.Errorf("%d used", used)
	}
	if diff := cmp.Diff(bobs, r.of(r.scope, bob)); diff != "" {
		t.Errorf("another user's: %s", diff)
	}
	if diff := cmp.Diff(others, r.of(other, ada)); diff != "" {
		t.Errorf("another tenant's: %s", diff)
	}
	got := r.get(renameID)
	if got.MovedAt == nil || got.FinishedAt != nil || got.Moved["runs"] != 1 || got.Moved["events"] != 1 || got.Moved["replays"] != 2 || got.Moved["usage"] != 1 {
		t.Errorf("%+v", got)
	}
	r.clock.Pass(rename.Settle)
	r.sweep()
	if got := r.get(renameID); got.FinishedAt == nil || got.FromID != nil || got.DueAt != nil {
		t.Errorf("%+v", got)
	}
	for user, n := range map[string]int{ada: 2, number: 1, bob: 1, "": 3} { // Filling writes one that is over, to each user's id
		page, err := r.List(t.Context(), r.scope, user, db.Cursor{Limit: 10})
		if r.must(err); len(page.Items) != n {
			t.Errorf("of %q: %d", user, len(page.Items))
		}
	}
	if _, err := r.Get(t.Context(), other, renameID); !errors.Is(err, rename.ErrNotFound) {
		t.Errorf("another tenant reads it: %v", err)
	}
}

// A rename that is cut off goes on where it was, and counts nothing twice.
func TestItGoesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.User(r.scope, ada, "word")
	r.system("INSERT INTO events (id, environment_id, type, subject_id, external_user_id, body, created_at) SELECT 'evt_many' || n, ?, 'x', 's', ?, '{}', ? FROM generate_series(1, ?) n",
		r.scope.Environment(), ada, r.clock.Now(), rename.Most+1)
	renameID := r.rename(id, ada, number)
	r.system("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'killed'; END $$")
	r.system("CREATE TRIGGER die BEFORE UPDATE ON action_runs FOR EACH ROW EXECUTE FUNCTION die()")
	if err := r.Sweep(t.Context()); err == nil {
		t.Fatal("nothing died")
	}
	if got := r.get(renameID); got.Moved["events"] != rename.Most+2 || got.Moved["action_runs"] != 0 || got.MovedAt != nil {
		t.Errorf("%+v", got)
	}
	r.system("DROP TRIGGER die ON action_runs")
	failed := make(chan error, 4)
	for range cap(failed) {
		go func() { failed <- r.Sweep(t.Context()) }()
	}
	for range cap(failed) {
		r.must(<-failed)
	}
	r.sweep()
	if got := r.get(renameID); got.Moved["events"] != rename.Most+2 || got.Moved["action_runs"] != 1 || got.MovedAt == nil {
		t.Errorf("%+v", got)
	}
}

// What is written late under the former id follows; what somebody has who came by that
// id since then is theirs.
func TestLateAndNew(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.User(r.scope, ada, "word")
	renameID := r.rename(id, ada, number)
	r.sweep()
	r.clock.Pass(time.Second)
	r.Put(r.scope, "action_runs", testkit.Row{"id": "acr_late", "external_user_id": ada, "status": "failed", "finished_at": r.clock.Now(), "started_at": r.clock.Now()})
	r.clock.Pass(time.Second)
	r.User(r.scope, ada, "new")
	news := r.of(r.scope, ada)
	news["action_runs"]-- // the late one is not theirs
	r.clock.Pass(rename.Settle)
	r.sweep()
	if diff := cmp.Diff(news, r.of(r.scope, ada)); diff != "" {
		t.Errorf("of who came by the id since: %s", diff)
	}
	if got := r.get(renameID); got.Moved["action_runs"] != 2 || got.FinishedAt == nil {
		t.Errorf("%+v", got)
	}
}

// An id that two had one after the other brings each what was theirs.
func TestTwoUsersOfOneID(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.User(r.scope, ada, "word")
	one := r.rename(first, ada, number)
	r.clock.Pass(time.Minute)
	second := r.User(r.scope, ada, "word")
	r.clock.Pass(time.Minute)
	two := r.rename(second, ada, "user-2")
	for range 2 {
		r.sweep()
		r.clock.Pass(rename.Settle)
	}
	if got, want := r.of(r.scope, "user-2"), r.of(r.scope, number); cmp.Diff(want, got) != "" || got["events"] != 1 {
		t.Errorf("%v and %v", want, got)
	}
	if a, b := r.get(one), r.get(two); a.Moved["events"] != 1 || b.Moved["events"] != 1 {
		t.Errorf("%+v, %+v", a, b)
	}
}

// Who is renamed again before the first is over is found whole under the last id; and
// so is who gets the first back.
func TestAgainOnTheWay(t *testing.T) {
	t.Parallel()
	for name, ids := range map[string][]string{"on": {ada, number, "user-2"}, "back": {ada, number, ada}, "round": {ada, number, ada, number, "user-3"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			user := r.User(r.scope, ada, "word")
			all := r.of(r.scope, ada)
			for i := 1; i < len(ids); i++ {
				r.rename(user, ids[i-1], ids[i])
				r.clock.Pass(time.Second)
			}
			r.sweep()
			r.clock.Pass(rename.Settle)
			r.sweep()
			if diff := cmp.Diff(all, r.of(r.scope, ids[len(ids)-1])); diff != "" {
				t.Error(diff)
			}
			var open int
			r.must(r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
				return tx.Raw("SELECT count(*) FROM user_renames WHERE due_at IS NOT NULL").Scan(&open).Error
			}))
			if open != 0 {
				t.Errorf("%d are not over", open)
			}
		})
	}
}

// Two users are not made one, and no erasure or rename under way is run into.
func TestRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	user := r.User(r.scope, ada, "word")
	r.User(r.scope, bob, "word")
	refused := func(what, from, to string, want error) {
		t.Helper()
		if _, err := r.begin(user, from, to); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	refused("the same id", ada, ada, rename.ErrSame)
	refused("somebody's id", ada, bob, rename.ErrTaken)
	r.system("INSERT INTO erasures (id, environment_id, user_id, user_hash, external_user_id, due_at, created_at) VALUES ('era_1', ?, 'exu_gone', 'x', ?, now(), now())", r.scope.Environment(), number)
	refused("the id of who is being erased", ada, number, rename.ErrErasing)
	r.system("UPDATE erasures SET external_user_id = ?", ada)
	refused("an id of which somebody is being erased", ada, number, rename.ErrErasing)
	r.system("DELETE FROM erasures")
	third := r.User(r.scope, "carol", "word")
	r.rename(third, "carol", "user-3")
	refused("an id from which things are being moved", ada, "carol", rename.ErrMoving)
	r.sweep()
	r.clock.Pass(rename.Settle)
	r.sweep()
	r.rename(user, ada, "carol")
}
