package run_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const (
	callA = `{"name":"a","type":"http_request","url":"OUT","body":"a"}`
	callB = `{"name":"b","type":"http_request","url":"OUT","body":"b"}`
)

// sent returns the bodies of what steps sent, in that order.
func (r *rig) sent() (out string) {
	for _, c := range r.out.Calls() {
		out += c.Body
	}
	return out
}

// However many workers look at a run, its steps are done once; and one that is
// over is not begun again.
func TestRunsOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var id string
	r.out.Answer(func(n int, _ http.ResponseWriter, _ *http.Request) {
		if n <= 2 { // one more comes while a step is under way
			r.advance(id)
		}
	})
	id = r.start(`{}`, callA, callB)
	testkit.Warm(t, r.DB)
	var g errgroup.Group
	for range 8 {
		g.Go(func() error { return r.worker.Advance(t.Context(), r.scope, id) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(time.Hour)
	r.advance(id)
	if got, _ := r.get(id); got.Status != run.Succeeded || r.sent() != "ab" {
		t.Fatalf("%s after %q", got.Status, r.sent())
	}
}

// stuck begins a run whose second step does not come back until release is
// closed. It returns when that step is under way.
func (r *rig) stuck(ctx context.Context) (id string, release chan struct{}, late func() error) {
	r.t.Helper()
	reached, release := make(chan struct{}), make(chan struct{})
	r.out.Answer(func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 2 {
			close(reached)
			<-release
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	id = r.start(`{}`, callA, callB)
	var g errgroup.Group
	g.Go(func() error { return r.worker.Advance(ctx, r.scope, id) })
	<-reached
	return id, release, g.Wait
}

// When a worker is lost half-way, another goes on after its lease: the steps
// that were done are not repeated, the one under way is begun again. What the
// lost worker brings later changes nothing.
func TestLostWorker(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, release, late := r.stuck(t.Context())
	r.advance(id)
	if got, steps := r.get(id); r.sent() != "ab" || got.Status != run.Running || len(steps) != 2 || steps[1].Status != run.Running || steps[1].FinishedAt != nil {
		t.Fatalf("%s, %+v after %q: it was taken from a worker that is at work", got.Status, steps, r.sent())
	}
	r.clock.Pass(46 * time.Second)
	r.advance(id)
	close(release)
	if err := late(); err != nil {
		t.Fatal(err)
	}
	got, steps := r.get(id)
	if got.Status != run.Succeeded || got.Error != nil || r.sent() != "abb" || len(steps) != 2 || steps[1].Status != run.Succeeded || steps[1].Error != nil {
		t.Fatalf("%s, %+v, %+v after %q", got.Status, got.Error, steps, r.sent())
	}
}

// A worker that is stopped in the middle of a step leaves the run to others: a
// restart of ours does not fail a customer's run.
func TestStoppedWorker(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx, stop := context.WithCancel(t.Context())
	id, release, late := r.stuck(ctx)
	defer close(release)
	stop()
	if err := late(); err == nil {
		t.Error("a run that is not over was reported as done")
	}
	if got, _ := r.get(id); got.Status != run.Running || got.Error != nil {
		t.Fatalf("%s, %+v", got.Status, got.Error)
	}
	r.clock.Pass(46 * time.Second)
	r.advance(id)
	if got, _ := r.get(id); got.Status != run.Succeeded || r.sent() != "abb" {
		t.Fatalf("%s, %+v after %q", got.Status, got.Error, r.sent())
	}
}

// A zero character, which PostgreSQL takes in no text of its own, is data like
// any other: the run comes to its end.
func TestZeroCharacter(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, step := range []string{
		`{"name":"a","type":"filter","if":"{{ int(trigger.x) > 1 }}"}`,
		`{"name":"a","type":"http_request","url":"{{ trigger.x }}"}`,
		`{"name":"a","type":"http_request","url":"OUT","query":{"q":"{{ trigger.x }}"},"body":"{{ trigger.x }}"}`,
		`{"name":"a","type":"http_request","url":"OUT","headers":{"x":"{{ trigger.x }}"}}`,
		`{"name":"a","type":"respond","body":"{{ trigger.x }}"}`,
	} {
		if got, _ := r.done(`{"x":"a\u0000b"}`, step); got.FinishedAt == nil {
			t.Errorf("%s: %s", step, got.Status)
		}
	}
}

// A run keeps the version that it was queued with.
func TestRunKeepsItsVersion(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(callA)
	queued, err := r.Start(t.Context(), r.scope, w, "", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	d, err := workflow.ParseJSON([]byte(`{"name":"New","triggers":[{"type":"http"}],"steps":[{"name":"x","type":"filter","if":"{{ false }}"}]}`))
	if err == nil {
		_, err = r.workflows.Update(t.Context(), r.scope.Project(), w, d)
	}
	if err == nil {
		_, err = r.workflows.Deploy(t.Context(), r.scope.Project(), w)
	}
	if err == nil {
		_, err = r.workflows.Disable(t.Context(), r.scope.Project(), w)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.advance(queued.ID)
	if got, _ := r.get(queued.ID); got.Status != run.Succeeded || got.Version != 1 || r.sent() != "a" {
		t.Fatalf("%+v after %q", got, r.sent())
	}
}

// A run whose nudge was lost is found by a sweep and done by a worker; so is
// one whose worker died.
func TestSweep(t *testing.T) {
	t.Parallel()
	r, redis := newRig(t), testkit.Redis(t)
	lost := r.start(`{}`, callA) // its nudge went nowhere
	id, release, late := r.stuck(t.Context())
	r.clock.Pass(46 * time.Second)
	client := queue.NewClient(redis)
	t.Cleanup(func() { _ = client.Close() })
	r.Queue = client
	s := queue.NewServer(redis, 2, time.Second, r.worker.Metrics)
	s.Handle(run.TaskAdvance, r.worker.Advance)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	for range 2 { // two processes sweep at once
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{lost, id} {
		testkit.Eventually(t, "the run to be done", func() bool { got, _ := r.get(id); return got.FinishedAt != nil })
		if got, _ := r.get(id); got.Status != run.Succeeded {
			t.Errorf("%s, %+v", got.Status, got.Error)
		}
	}
	close(release)
	if err := late(); err != nil {
		t.Fatal(err)
	}
}

// A run that fails is told of in the transaction in which it does, once; one
// that succeeds is not. The event is about the workflow, and names the run.
func TestFailureIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.out.Status(http.StatusInternalServerError)
	id := r.start(`{}`, callA)
	r.advance(id)
	r.advance(id)
	r.out.Status(http.StatusOK)
	r.advance(r.start(`{}`, callB))
	got, _ := r.get(id)
	var told []event.Event
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error { return tx.Find(&told).Error })
	if err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 || told[0].Type != event.WorkflowFailed || told[0].SubjectID != got.WorkflowID || !strings.Contains(told[0].Body, `"run":{"attempts":1,"created_at":"`) || !strings.Contains(told[0].Body, id) || !strings.Contains(told[0].Body, got.Error.Code) {
		t.Fatalf("%+v", told)
	}
}
