package run_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const pass = `{"name":"a","type":"filter","if":"{{ true }}"}`

func (r *rig) admit(workflowID string) {
	r.t.Helper()
	if err := r.Admit(r.t.Context(), r.scope, workflowID); err != nil {
		r.t.Fatal(err)
	}
}

// let returns which of the runs a worker may begin, by their place in the list.
func (r *rig) let(ids []string) (out []int) {
	r.t.Helper()
	for i, one := range ids {
		if got, _ := r.get(one); got.FinishedAt == nil && !got.LeaseUntil.After(r.clock.Now()) {
			out = append(out, i)
		}
	}
	return out
}

func (r *rig) want(what string, ids []string, want ...int) {
	r.t.Helper()
	if got := r.let(ids); !slices.Equal(got, want) {
		r.t.Errorf("%s: %v may begin, want %v", what, got, want)
	}
}

// many begins runs, one for each note.
func (r *rig) many(workflowID string, notes ...string) (ids []string) {
	for _, n := range notes {
		user, note, _ := strings.Cut(n, "/")
		ids = append(ids, r.begin(workflowID, user, fmt.Sprintf(`{"body":{"key":%q}}`, note)))
	}
	return ids
}

// A run of a workflow without limits has no place, and begins at once.
func TestNoQueue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ids := r.many(r.deploy(pass), "", "")
	r.want("without limits", ids, 0, 1)
	if got, _ := r.get(ids[0]); got.Placed {
		t.Error("it has a place")
	}
}

// Only so many runs of a workflow are under way at once, and each that ends makes
// room for the next, in the order in which they came.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.settled(`{"queue":{"concurrency":{"limit":2}}}`, pass)
	ids := r.many(w, "", "", "", "", "")
	r.want("before anybody was let in", ids)
	r.advance(ids[4]) // nobody takes one that was not
	r.admit(w)
	r.admit(w)
	r.want("two at once", ids, 0, 1)
	r.advance(ids[1])
	r.want("one has ended", ids, 0, 2)
	for _, one := range ids {
		r.advance(one)
	}
	for i, one := range ids {
		if got, _ := r.get(one); got.Status != run.Succeeded {
			t.Errorf("%d is %s", i, got.Status)
		}
	}
	if n := r.places(); n != 0 {
		t.Errorf("%d places are held by nobody", n)
	}
}

func (r *rig) places() (n int) {
	r.t.Helper()
	if err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error { return tx.Raw("SELECT count(*) FROM run_places").Scan(&n).Error }); err != nil {
		r.t.Fatal(err)
	}
	return n
}

// Each user, or each key, has as many as the limit says; keys take turns.
func TestConcurrencyPerKey(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.user("ada", "")
	r.user("bob", "")
	w := r.settled(`{"queue":{"concurrency":{"limit":1,"per":"user"}}}`, pass)
	ids := r.many(w, "ada/", "ada/", "bob/", "ada/", "bob/")
	r.admit(w)
	r.want("per user", ids, 0, 2)
	r.advance(ids[0])
	r.want("ada's first has ended", ids, 1, 2)
	w = r.settled(`{"queue":{"concurrency":{"limit":2,"per":"key","key":"{{ trigger.body.key }}"}}}`, pass)
	ids = r.many(w, "/a", "/a", "/a", "/b")
	r.admit(w)
	r.want("per key", ids, 0, 1, 3)
}

// Runs with one key are done one after the other; others do not wait for them. When
// one is tried again those behind it wait; when it has failed for good they go on, or
// they are held up until it is released, as the settings say.
func TestOrder(t *testing.T) {
	t.Parallel()
	for _, block := range []bool{false, true} {
		r := newRig(t)
		settings := `{"queue":{"order":{"key":"{{ trigger.body.key }}"},"concurrency":{"limit":2}}}`
		if block {
			settings = strings.Replace(settings, `}"}`, `}","on_failure":"block"}`, 1)
		}
		w := r.settled(settings, pass)
		ids := r.many(w, "/a", "/a", "/b", "/a", "/c")
		r.admit(w)
		r.want("one of each, two in all", ids, 0, 2)
		r.exec("UPDATE runs SET status = 'retrying', lease_until = ? WHERE id = ?", r.clock.Now().Add(time.Hour), ids[0])
		r.advance(ids[2])
		r.want("the first waits to be tried again", ids, 4)
		r.exec("UPDATE runs SET status = 'dead_lettered', finished_at = now() WHERE id = ?", ids[0])
		r.admit(w)
		if !block {
			r.want("it has failed for good", ids, 1, 4)
			continue
		}
		r.want("it holds its key up", ids, 4)
		q, keys, err := r.QueueOf(t.Context(), r.scope, w)
		if err != nil || q.Blocked != 1 || len(keys) != 2 || keys[0].Key != "a" || keys[0].Waiting != 2 || keys[0].BlockedBy == nil || *keys[0].BlockedBy != ids[0] {
			t.Errorf("%+v %+v %v", q, keys, err)
		}
		if _, err := r.Release(t.Context(), testkit.Scope(t, r.DB), w, "a"); !errors.Is(err, workflow.ErrNotFound) {
			t.Errorf("a stranger releases it: %v", err)
		}
		if _, err := r.Release(t.Context(), r.scope, w, "a"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Release(t.Context(), r.scope, w, "a"); !errors.Is(err, run.ErrNotBlocked) {
			t.Errorf("released twice: %v", err)
		}
		r.admit(w)
		r.want("it was released", ids, 1, 4)
	}
}

// A run that holds its key up and is taken up again goes first among those of its
// key, and gives its place up when it was done after all.
func TestBlockedIsDoneAfterAll(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.settled(`{"queue":{"order":{"key":"x","on_failure":"block"}},"retry":{"attempts":0}}`, two)
	r.fails("two")
	ids := r.many(w, "", "")
	r.admit(w)
	r.advance(ids[0])
	r.want("it holds the others up", ids)
	if _, err := r.Retry(t.Context(), r.scope, ids[0]); err != nil {
		t.Fatal(err)
	}
	r.want("it waits for its turn", ids)
	r.fails("")
	r.admit(w)
	r.want("it is taken up again", ids, 0)
	r.advance(ids[0])
	r.want("it was done after all", ids, 1)
}

// A run that waits to be tried again makes room for another one, and takes its turn
// when its time has come; one that is had tried again by a person does, too. A worker
// that died when it took it up does not let it in past the limit.
func TestTriedAgainInTurn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.settled(`{"queue":{"concurrency":{"limit":1}},"retry":{"attempts":1,"delay":"1m"}}`, two)
	r.fails("two")
	ids := r.many(w, "", "", "")
	r.admit(w)
	r.advance(ids[0])
	r.want("it waits to be tried again", ids, 1)
	r.clock.Pass(time.Hour)
	r.exec("UPDATE runs SET lease_id = 'dead', lease_until = ? WHERE id = ?", r.clock.Now(), ids[0]) // it had just been claimed
	r.advance(ids[0])
	if got, _ := r.get(ids[0]); got.Status != run.Queued || len(r.out.Calls()) != 1 {
		t.Fatalf("%s after %d calls", got.Status, len(r.out.Calls()))
	}
	r.want("another one is under way", ids, 1)
	r.advance(ids[1])
	r.want("it is its turn", ids, 0)
	r.advance(ids[0])
	if got, _ := r.get(ids[0]); got.Status != run.DeadLettered {
		t.Fatalf("%s", got.Status)
	}
	r.want("it is over", ids, 2)
	if n, _, err := r.Requeue(t.Context(), r.scope, run.Filter{WorkflowID: w}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	r.admit(w)
	r.want("requeued behind what is under way", ids, 2)
	r.fails("")
	r.advance(ids[2])
	r.want("requeued, and its turn", ids, 0)
	r.advance(ids[0])
	r.clock.Pass(time.Hour)
	r.advance(ids[1])
	r.advance(ids[1])
	if n := r.places(); n != 0 {
		t.Errorf("%d places are held by nobody", n)
	}
}

// So many runs begin in a span of time, and what was not used is saved up to the limit.
func TestThrottle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.settled(`{"queue":{"throttle":{"limit":2,"window":"1m"}}}`, pass)
	ids := r.many(w, "", "", "", "", "", "")
	r.admit(w)
	r.admit(w)
	r.want("the first two", ids, 0, 1)
	r.advance(ids[0])
	r.want("an end makes no room", ids, 1)
	r.clock.Pass(30 * time.Second)
	r.admit(w)
	r.want("half a minute later", ids, 1, 2)
	r.clock.Pass(time.Hour)
	r.admit(w)
	r.want("an hour later", ids, 1, 2, 3, 4)
}

// A queue that is full refuses, and what is in it stays; a key that cannot be worked
// out fails its run, and is seen.
func TestQueueRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.settled(`{"queue":{"concurrency":{"limit":1},"max_queued":2}}`, pass)
	ids := r.many(w, "", "")
	if _, err := r.Start(t.Context(), r.scope, w, "", []byte(`{}`)); !errors.Is(err, run.ErrQueueFull) {
		t.Fatalf("%v", err)
	}
	r.admit(w)
	ids = append(ids, r.many(w, "")...)
	r.want("there is room again", ids, 0)
	w = r.settled(`{"queue":{"order":{"key":"{{ trigger.body.key.deep }}"}}}`, pass)
	got, err := r.Start(t.Context(), r.scope, w, "", []byte(`{"body":{"key":5}}`))
	if err == nil || got.Status != run.Failed || got.Error.Code != "queue_key" {
		t.Fatalf("%+v, %v", got, err)
	}
}

// A queue that is paused keeps what comes, and what no worker had begun; what goes
// on goes on. Resumed, all of it begins.
func TestPause(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(pass)
	ids := r.many(w, "", "")
	for range 2 { // twice is no error
		q, err := r.Pause(t.Context(), r.scope, w, "a fire")
		if err != nil || q.PausedAt == nil || q.PausedBecause != "a fire" || q.Waiting != 2 || q.OldestAt == nil {
			t.Fatalf("%+v, %v", q, err)
		}
	}
	ids = append(ids, r.many(w, "")...)
	r.admit(w)
	r.want("paused", ids)
	other := r.many(r.deploy(pass), "")
	r.want("another workflow", other, 0)
	if all, err := r.Queues(t.Context(), r.scope); err != nil || len(all) != 2 || all[0].WorkflowID != w || all[0].Waiting != 3 || all[1].Waiting != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	stranger := testkit.Scope(t, r.DB)
	if _, err := r.Resume(t.Context(), stranger, w); !errors.Is(err, workflow.ErrNotFound) {
		t.Errorf("a stranger resumes: %v", err)
	}
	if _, err := r.Pause(t.Context(), stranger, w, ""); !errors.Is(err, workflow.ErrNotFound) {
		t.Errorf("a stranger pauses: %v", err)
	}
	if all, err := r.Queues(t.Context(), stranger); err != nil || len(all) != 0 {
		t.Errorf("a stranger sees %+v, %v", all, err)
	}
	if _, err := r.Resume(t.Context(), r.scope, w); err != nil {
		t.Fatal(err)
	}
	r.admit(w)
	r.want("resumed", ids, 0, 1, 2)
	if got, _ := r.get(r.many(w, "")[0]); got.Placed {
		t.Error("a run still waits for its turn")
	}
}

// What waits is canceled, as far as the filter takes it, and makes room; what a
// worker has begun is not.
func TestClear(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.user("ada", "")
	w := r.settled(`{"queue":{"concurrency":{"limit":1}}}`, `{"name":"a","type":"delay","for":"1h"}`)
	ids := r.many(w, "", "ada/", "ada/", "")
	r.admit(w)
	r.advance(ids[0])
	if n, more, err := r.Clear(t.Context(), r.scope, run.Filter{WorkflowID: w, ExternalUserID: "ada"}); err != nil || n != 2 || more {
		t.Fatal(n, more, err)
	}
	if n, _, err := r.Clear(t.Context(), testkit.Scope(t, r.DB), run.Filter{}); err != nil || n != 0 {
		t.Errorf("a stranger cancels %d, %v", n, err)
	}
	if n, _, err := r.Clear(t.Context(), r.scope, run.Filter{WorkflowID: w}); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	var got []run.Status
	for _, one := range ids {
		x, _ := r.get(one)
		got = append(got, x.Status)
	}
	if diff := cmp.Diff([]run.Status{run.Waiting, run.Canceled, run.Canceled, run.Canceled}, got); diff != "" {
		t.Error(diff)
	}
	if n := r.places(); n != 1 {
		t.Errorf("%d places", n)
	}
}

// However many processes let in at once, no more are under way than the limit says,
// and every run has its turn, though each process dies with what it let in.
func TestLimitsHoldOverProcesses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.settled(`{"queue":{"concurrency":{"limit":3},"order":{"key":"{{ trigger.body.key }}"}}}`, pass)
	var notes []string
	for i := range 30 {
		notes = append(notes, fmt.Sprintf("/k%d", i%7))
	}
	ids := r.many(w, notes...)
	done := map[string]int{} // how far each key is
	for range 200 {
		var g errgroup.Group
		for range 4 {
			g.Go(func() error { return r.Admit(t.Context(), r.scope, w) })
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		let := r.let(ids)
		if len(let) == 0 {
			break
		}
		if len(let) > 3 {
			t.Fatalf("%d at once", len(let))
		}
		seen := map[string]bool{}
		for _, i := range let {
			if seen[notes[i]] || i/7 != done[notes[i]] {
				t.Fatalf("%d of %s is out of its order", i, notes[i])
			}
			seen[notes[i]] = true
		}
		done[notes[let[0]]]++
		r.advance(ids[let[0]])
	}
	for _, one := range ids {
		if got, _ := r.get(one); got.Status != run.Succeeded {
			t.Fatalf("%s has not had its turn: %s", one, got.Status)
		}
	}
}

// A lane with a great deal in it does not keep others waiting: keys take turns.
func TestKeysTakeTurns(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.settled(`{"queue":{"concurrency":{"limit":1},"order":{"key":"{{ trigger.body.key }}"}}}`, pass)
	ids := r.many(w, "/a", "/a", "/a", "/a", "/b", "/c")
	var order []int
	r.admit(w)
	for range ids {
		let := r.let(ids)
		if len(let) != 1 {
			t.Fatalf("%v may begin", let)
		}
		order = append(order, let[0])
		r.advance(ids[let[0]])
	}
	if diff := cmp.Diff([]int{0, 4, 5, 1, 2, 3}, order); diff != "" {
		t.Error(diff)
	}
}
