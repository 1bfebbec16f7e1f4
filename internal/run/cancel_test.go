package run_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

func (r *rig) in(fn func(tx *gorm.DB) error) {
	r.t.Helper()
	if err := r.DB.In(context.WithoutCancel(r.t.Context()), r.scope, fn); err != nil {
		r.t.Fatal(err)
	}
}

// A run that has not begun never does; one that waits does not go on. To cancel it
// again is no error, and to cancel one that is over is.
func TestCancel(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	queued := r.start(`{}`, after)
	waits := r.start(`{}`, `{"name":"wait","type":"delay","for":"1h"}`, after)
	r.advance(waits)
	over, _ := r.done(`{}`, after)
	if _, err := r.Cancel(t.Context(), testkit.Scope(t, r.DB), queued); !errors.Is(err, run.ErrNotFound) {
		t.Fatalf("another tenant: %v", err)
	}
	for _, id := range []string{queued, waits} {
		for range 2 {
			got, err := r.Cancel(t.Context(), r.scope, id)
			if err != nil || got.Status != run.Canceled || got.FinishedAt == nil || got.Error.Code != "canceled" {
				t.Fatalf("%+v, %v", got, err)
			}
		}
	}
	r.clock.Pass(2 * time.Hour)
	for _, id := range []string{queued, waits} {
		r.advance(id)
		if got, steps := r.get(id); got.Status != run.Canceled || len(steps) > 1 || len(steps) == 1 && steps[0].Status != run.Canceled {
			t.Errorf("%+v with %+v", got, steps)
		}
	}
	if _, err := r.Cancel(t.Context(), r.scope, over.ID); !errors.Is(err, run.ErrOver) {
		t.Errorf("%v", err)
	}
	if n := len(r.out.Calls()); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// What a step does is broken off in whichever process it is, and what came of it
// is dropped.
func TestCancelRunning(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	at, err := queue.Parse(testkit.RedisURL(t))
	if err != nil {
		t.Fatal(err)
	}
	if r.Redis, err = redis.New(at); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Redis.Close() })
	r.worker.Redis = r.Redis
	listening, end := context.WithCancel(t.Context())
	defer end()
	go r.worker.Listen(listening)
	begun, broken := make(chan struct{}), make(chan struct{})
	r.out.Answer(func(_ int, _ http.ResponseWriter, req *http.Request) {
		close(begun)
		<-req.Context().Done()
		close(broken)
	})
	id := r.start(`{}`, `{"name":"long","type":"http_request","url":"OUT"}`, after)
	done := make(chan error, 1)
	go func() { done <- r.worker.Advance(t.Context(), r.scope, id) }()
	<-begun
	if _, err := r.Cancel(t.Context(), r.scope, id); err != nil {
		t.Fatal(err)
	}
	for over := false; !over; { // a process that did not listen yet hears it the next time
		select {
		case <-broken:
			over = true
		case <-time.After(50 * time.Millisecond):
			_ = r.Redis.Publish(t.Context(), "runs", id)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, steps := r.get(id); got.Status != run.Canceled || len(steps) != 1 || steps[0].Status != run.Canceled || len(r.out.Calls()) != 1 {
		t.Fatalf("%+v with %+v", got, steps)
	}
}

// What calls a run hears that it was canceled, and goes on with that: by a person,
// out of the queue, or by its link.
func TestCancelCalled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	child := r.settled(`{"queue":{"concurrency":{"limit":1}}}`, `{"name":"ask","type":"suspend"}`)
	call := `{"name":"call","type":"call_workflow","workflow":"` + child + `","on_error":"continue"}`
	for name, cancel := range map[string]func(id string) error{
		"a person": func(id string) error { _, err := r.Cancel(t.Context(), r.scope, id); return err },
		"queue": func(string) error {
			_, _, err := r.Clear(t.Context(), r.scope, run.Filter{WorkflowID: child})
			return err
		},
		"link": func(id string) error {
			r.admit(child)
			r.due()
			_, link := r.links(id)
			return r.tell(link, run.Answered{})
		},
	} {
		id := r.start(`{}`, call, after)
		r.advance(id)
		runs := r.called(child)
		called := runs[len(runs)-1]
		if got, _ := r.get(id); got.Status != run.Waiting || called.FinishedAt != nil {
			t.Fatalf("%s: %s, %s", name, got.Status, called.Status)
		}
		if err := cancel(called.ID); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r.due()
		got, steps := r.get(id)
		if c, _ := r.get(called.ID); c.Status != run.Canceled || got.Status != run.Succeeded || steps[0].Status != run.Failed {
			t.Errorf("%s: %s, then %s with %+v", name, c.Status, got.Status, steps)
		}
		if n := r.places(); n != 0 {
			t.Errorf("%s: %d places are held by nobody", name, n)
		}
	}
}

// A run that ends since nobody answered in time, or since somebody did by the other
// link, takes along what its other branches had called, and what that had called.
func TestCanceledWithWhatItCalled(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(r *rig, id string){
		"nobody answered": func(r *rig, _ string) { r.clock.Pass(3 * time.Hour); r.due() },
		"the other link": func(r *rig, id string) {
			_, link := r.links(id)
			if err := r.tell(link, run.Answered{}); err != nil {
				r.t.Fatal(err)
			}
			r.due()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.user("ada", "")
			r.user("bob", "")
			last := r.deploy(`{"name":"nap","type":"delay","for":"9h"}`, after)
			child := r.deploy(`{"name":"call","type":"call_workflow","workflow":"`+last+`"}`, after)
			id := r.start(`{}`, `{"name":"all","type":"parallel","branches":[
				{"name":"ask","steps":[{"name":"approve","type":"suspend","on_timeout":"cancel","wait_for":"2h"}]},
				{"name":"one","steps":[{"name":"call","type":"call_workflow","workflow":"`+child+`"}]},
				{"name":"many","steps":[{"name":"each","type":"for_each_user","workflow":"`+child+`","users":{"list":["ada","bob"]}}]}]}`, after)
			other := r.start(`{}`, `{"name":"call","type":"call_workflow","workflow":"`+child+`"}`)
			r.due()
			if n := len(r.called(child)); n != 4 || len(r.called(last)) != 4 {
				t.Fatalf("%d are called", n)
			}
			end(r, id)
			r.clock.Pass(10 * time.Hour)
			r.due()
			if got, _ := r.get(id); got.Status != run.Canceled {
				t.Errorf("it is %s", got.Status)
			}
			for _, c := range append(r.called(child), r.called(last)...) {
				want := run.Succeeded
				if top := r.top(c.ID); top == id {
					want = run.Canceled
				} else if top != other {
					t.Fatalf("%s was called by %s", c.ID, top)
				}
				if c.Status != want || c.FinishedAt == nil {
					t.Errorf("what it called is %s, want %s", c.Status, want)
				}
			}
			if n := len(r.out.Calls()); n != 2 { // of the other's alone
				t.Errorf("%d calls", n)
			}
		})
	}
}

// top is the run that the first one of a row of calls was begun by.
func (r *rig) top(id string) string {
	r.t.Helper()
	for {
		got, _ := r.get(id)
		if got.ParentID == nil {
			return id
		}
		id = *got.ParentID
	}
}

// Runs are canceled by what they have in common; those that are over, and those of
// others, are not.
func TestCancelAll(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	over, _ := r.done(`{}`, after)
	w := r.deploy(after)
	for range 3 {
		if _, err := r.Start(t.Context(), r.scope, w, "", []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	other := r.start(`{}`, after)
	cancel := func(f run.Filter, want int) {
		t.Helper()
		if n, more, err := r.CancelAll(t.Context(), r.scope, f); n != want || more || err != nil {
			t.Errorf("%d, %t, %v, want %d", n, more, err, want)
		}
	}
	if n, _, err := r.CancelAll(t.Context(), testkit.Scope(t, r.DB), run.Filter{}); n != 0 || err != nil {
		t.Fatalf("another tenant canceled %d, %v", n, err)
	}
	cancel(run.Filter{WorkflowID: w}, 3)
	cancel(run.Filter{WorkflowID: w}, 0)
	cancel(run.Filter{IDs: []string{other, over.ID}}, 1)
	if got, _ := r.get(over.ID); got.Status != run.Succeeded {
		t.Errorf("%+v", got)
	}
}
