package erasure_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/erasure"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

func (r *rig) sweep() {
	r.t.Helper()
	if err := r.Sweep(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) report(reportID string) *erasure.Erasure {
	r.t.Helper()
	e, err := r.Get(r.t.Context(), r.scope, reportID)
	if err != nil {
		r.t.Fatal(err)
	}
	return e
}

// Of a user who is deleted nothing is left anywhere, and of nobody else anything
// is missing; the report tells what went, and not of whom.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	const ada, bob = "ada-who-goes@example.test", "bob-who-stays@example.test"
	r := newRig(t)
	other := testkit.Scope(t, r.DB)
	gone := r.User(r.scope, ada, ada)
	r.User(r.scope, bob, bob)
	r.User(other, ada, ada)
	bobs, others := r.Holding(r.scope, bob), r.Holding(other, ada)
	batches, with, _ := erasure.Listed()
	for name := range r.Holding(r.scope, ada) {
		if !batches[name] && with[name] == "" && name != "webhook_endpoints" {
			t.Errorf("the test writes the user into table %s, of which nothing is erased", name)
		}
	}
	report := r.remove(r.scope, gone, ada)
	whk := "whk_" + gone[4:]
	r.Event(r.scope, "evt_told"+gone[8:], whk, testkit.Row{"type": "ACCOUNT_DELETED", "external_user_id": ada, "body": ada})
	r.sweep()

	left := r.Holding(r.scope, ada)
	if diff := cmp.Diff(map[string]int{"erasures": 1, "events": 1, "deliveries": 1, "attempts": 1, "revocations": 1, "user_renames": 1}, left); diff != "" {
		t.Errorf("while its servers are told, and the last look is to come: %s", diff)
	}
	if e := r.report(report); e.FinishedAt != nil || len(e.Remains) == 0 || e.Remains[0].Kind != "events" || e.Erased["runs"] != 1 || e.Erased["accounts"] != 1 {
		t.Errorf("%+v", e)
	}
	r.clock.Pass(erasure.Settle + time.Second)
	r.sweep()
	if e := r.report(report); e.FinishedAt != nil {
		t.Error("it is over, and its servers were not told")
	}
	r.system("UPDATE deliveries SET state = 'delivered', finished_at = now() WHERE event_id LIKE 'evt_told%'")
	r.clock.Pass(time.Hour)
	r.sweep()

	if diff := cmp.Diff(map[string]int{}, r.Holding(r.scope, ada)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(bobs, r.Holding(r.scope, bob)); diff != "" {
		t.Errorf("another user's: %s", diff)
	}
	if diff := cmp.Diff(others, r.Holding(other, ada)); diff != "" {
		t.Errorf("another tenant's: %s", diff)
	}
	e := r.report(report)
	want := map[string]int{
		"accounts": 1, "connect_tokens": 1, "connect_sessions": 1, "triggers": 1, "stores": 1, "runs": 1, "firings": 1, "notices": 2, "deliveries": 1, "events": 2,
		"action_runs": 1, "requests": 1, "refresh_attempts": 1, "files": 1, "import_rows": 1, "replays": 2, "left_webhooks": 1, "renames": 1, "revocations": 1,
	}
	if diff := cmp.Diff(want, e.Erased); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]erasure.Grant{{App: "acme", Status: "unsupported", Count: 1}}, e.Grants); diff != "" {
		t.Error(diff)
	}
	if e.FinishedAt == nil || e.ExternalUserID != nil || len(e.Remains) != 1 || e.Remains[0].Kind != "left_webhooks" {
		t.Errorf("%+v", e)
	}
	for user, n := range map[string]int{ada: 1, bob: 0, "": 1} {
		page, err := r.List(t.Context(), r.scope, user, db.Cursor{Limit: 10})
		if err != nil || len(page.Items) != n {
			t.Errorf("of %q: %v %v", user, page, err)
		}
	}
	if _, err := r.Get(t.Context(), other, report); err == nil {
		t.Error("another tenant reads the report")
	}
}

// An erasure that is cut off goes on where it was, and counts nothing twice;
// several at it at once do it once.
func TestItGoesOn(t *testing.T) {
	t.Parallel()
	const ada = "ada-who-goes@example.test"
	r := newRig(t)
	user := r.User(r.scope, ada, ada)
	r.system("INSERT INTO events (id, environment_id, type, subject_id, external_user_id, body, created_at) SELECT 'evt_many' || n, ?, 'x', 's', ?, '{}', ? FROM generate_series(1, ?) n",
		r.scope.Environment(), ada, r.clock.Now(), erasure.Most+1)
	report := r.remove(r.scope, user, ada)
	r.system("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'killed'; END $$")
	r.system("CREATE TRIGGER die BEFORE DELETE ON action_runs FOR EACH ROW EXECUTE FUNCTION die()")
	if err := r.Sweep(t.Context()); err == nil {
		t.Fatal("nothing died")
	}
	if e := r.report(report); e.Erased["events"] != erasure.Most+2 || e.Erased["action_runs"] != 0 || e.DueAt == nil {
		t.Errorf("%+v", e)
	}
	r.system("DROP TRIGGER die ON action_runs")
	done := make(chan error, 3)
	for range cap(done) {
		go func() { done <- r.Sweep(t.Context()) }()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	r.sweep()
	if e := r.report(report); e.Erased["events"] != erasure.Most+2 || e.Erased["action_runs"] != 1 {
		t.Errorf("%+v", e)
	}
}

// Who comes by the same id later is somebody else: nothing of theirs goes. And a
// user whom something else deletes is erased as well.
func TestSomebodyElse(t *testing.T) {
	t.Parallel()
	const ada = "ada-who-comes-back@example.test"
	r := newRig(t)
	old := r.User(r.scope, ada, "old-words")
	r.system("DELETE FROM external_users WHERE id = ?", old)
	r.clock.Pass(time.Minute)
	r.User(r.scope, ada, "new-words")
	had := r.Holding(r.scope, "new-words")
	r.clock.Pass(2 * erasure.Settle)
	r.sweep()
	if diff := cmp.Diff(map[string]int{}, r.Holding(r.scope, "old-words")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(had, r.Holding(r.scope, "new-words")); diff != "" {
		t.Error(diff)
	}
}

// Servers that never answer hold an erasure up for so long and no longer.
func TestItDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	const ada = "ada-who-goes@example.test"
	r := newRig(t)
	user := r.User(r.scope, ada, ada)
	report := r.remove(r.scope, user, ada)
	r.Event(r.scope, "evt_told"+user[8:], "whk_"+user[4:], testkit.Row{"type": "ACCOUNT_DELETED", "external_user_id": ada, "body": ada})
	r.clock.Pass(erasure.Patience)
	r.sweep()
	if e := r.report(report); e.FinishedAt == nil {
		t.Errorf("%+v", e)
	}
	if diff := cmp.Diff(map[string]int{}, r.Holding(r.scope, ada)); diff != "" {
		t.Error(diff)
	}
}
