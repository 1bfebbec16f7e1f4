package run_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const (
	one = `{"name":"one","type":"http_request","url":"OUT","headers":{"X-Step":"one"}}`
	two = `{"name":"two","type":"http_request","url":"OUT","headers":{"X-Step":"two"}}`
)

// fails has the receiver refuse what a step sends, from now on.
func (r *rig) fails(step string) {
	r.out.Answer(func(_ int, w http.ResponseWriter, req *http.Request) {
		if step != "" && req.Header.Get("X-Step") == step {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
}

// called counts the calls of each step.
func (r *rig) callsByStep() map[string]int {
	out := map[string]int{}
	for _, c := range r.out.Calls() {
		out[c.Header.Get("X-Step")]++
	}
	return out
}

// A run that failed goes on from the step that failed, ever later, and what came
// before is not done again; after its last try it is a dead letter.
func TestAutoRetry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.settings = `{}`
	r.fails("two")
	id := r.start(`{}`, one, two)
	waited := time.Duration(0)
	for n := range 8 {
		r.advance(id)
		got, steps := r.get(id)
		if got.Status != run.Retrying || got.FinishedAt != nil || got.Attempts != n+2 || len(got.Failures) != n+1 || got.Error == nil || steps[1].Status != run.Waiting {
			t.Fatalf("after failure %d: %+v with %+v", n+1, got, steps)
		}
		r.advance(id) // before its time nothing is done
		if calls := r.callsByStep(); calls["one"] != 1 || calls["two"] != n+1 {
			t.Fatalf("%v", calls)
		}
		wait := got.LeaseUntil.Sub(r.clock.Now())
		waited += wait
		r.clock.Pass(wait + time.Second)
	}
	if waited < 8*time.Hour || waited > 12*time.Hour {
		t.Errorf("eight tries take %v", waited)
	}
	r.advance(id)
	got, steps := r.get(id)
	if got.Status != run.DeadLettered || got.FinishedAt == nil || len(got.Failures) != 9 || steps[1].Status != run.Failed || *got.Error.Step != "two" {
		t.Fatalf("%+v with %+v", got, steps)
	}
	r.fails("")
	if _, err := r.Retry(t.Context(), testkit.Scope(t, r.DB), id); !errors.Is(err, run.ErrNotFound) {
		t.Fatalf("another tenant: %v", err)
	}
	if _, err := r.Retry(t.Context(), r.scope, id); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Retry(t.Context(), r.scope, id); !errors.Is(err, run.ErrUnderWay) {
		t.Fatalf("twice: %v", err)
	}
	r.advance(id)
	if got, _ := r.get(id); got.Status != run.Succeeded || got.Error != nil || got.Attempts != 10 || r.callsByStep()["one"] != 1 {
		t.Fatalf("%+v, %v", got, r.callsByStep())
	}
	if _, err := r.Retry(t.Context(), r.scope, id); !errors.Is(err, run.ErrNotFailed) {
		t.Fatalf("one that succeeded: %v", err)
	}
}

// A run that came to a good end by itself, or waits again, shows no error: what was
// wrong at its first attempt stands among its failures.
func TestNoStaleError(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, settings := range []string{`{"retry":{"delay":"1m"}}`, `{"retry":{"delay":"1m"},"queue":{"concurrency":{"limit":1}}}`} {
		r.settings = settings
		r.fails("two")
		w := r.deploy(two, `{"name":"nap","type":"delay","for":"1h"}`)
		queued, err := r.Start(t.Context(), r.scope, w, "", []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		goOn := func() {
			r.admit(w)
			r.advance(queued.ID) // which has it queue again, if it has to
			r.admit(w)
			r.advance(queued.ID)
		}
		goOn()
		if got, _ := r.get(queued.ID); got.Status != run.Retrying || got.Error == nil {
			t.Fatalf("%+v", got)
		}
		r.fails("")
		for _, want := range []run.Status{run.Waiting, run.Succeeded} {
			r.clock.Pass(2 * time.Hour)
			goOn()
			got, steps := r.get(queued.ID)
			if got.Status != want || got.Error != nil || len(got.Failures) != 1 || got.Failures[0].Error.Code != "http_status" || steps[0].Error != nil {
				t.Errorf("%s: it is %s with %+v and %+v", settings, got.Status, got.Error, got.Failures)
			}
		}
	}
}

// Who waits for an answer is told at once and decides; a workflow can say
// otherwise, and say how often.
func TestWhoIsRetried(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fails("one")
	answer := `{"name":"answer","type":"respond","body":1}`
	for name, tt := range map[string]struct {
		settings string
		steps    []string
		api      bool
		want     run.Status
	}{
		"nobody waits":                 {`{}`, []string{one}, false, run.Retrying},
		"a caller waits":               {`{}`, []string{one, answer}, false, run.Failed},
		"a caller has its answer":      {`{}`, []string{answer, one}, false, run.Retrying},
		"a caller waits, but":          {`{"retry":{}}`, []string{one, answer}, false, run.Retrying},
		"it was started by API":        {`{}`, []string{one, answer}, true, run.Retrying},
		"never":                        {`{"retry":{"attempts":0}}`, []string{one}, false, run.Failed},
		"what takes too long is not":   {`{"retry":{"delay":"1s"}}`, []string{`{"name":"slow","type":"http_request","url":"OUT"}`}, false, run.Succeeded},
		"once, and then somebody does": {`{"retry":{"attempts":1,"delay":"1ms","factor":1}}`, []string{one}, false, run.Retrying},
	} {
		r.settings = tt.settings
		id := r.start(`{}`, tt.steps...)
		if !tt.api {
			r.in(func(tx *gorm.DB) error { return tx.Exec("UPDATE runs SET trigger = 'http' WHERE id = ?", id).Error })
		}
		r.advance(id)
		if got, _ := r.get(id); got.Status != tt.want {
			t.Errorf("%s: %s, want %s", name, got.Status, tt.want)
		}
		if _, err := r.Answer(t.Context(), r.scope, id); tt.want == run.Retrying && len(tt.steps) == 2 && tt.steps[0] == one && !errors.Is(err, run.ErrRunFailed) {
			t.Errorf("%s: its caller hears %v", name, err)
		}
	}
}

// A newer event with the same key takes the place of a run that waits to be tried
// again, and of one that fails after it came; others are left alone.
func TestSupersede(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.settings = `{"supersede":"{{ trigger.order }}"}`
	r.fails("one")
	w := r.deploy(one)
	begin := func(input string) string {
		t.Helper()
		got, err := r.Start(t.Context(), r.scope, w, "", []byte(input))
		if err != nil {
			t.Fatal(err)
		}
		return got.ID
	}
	a, other, none := begin(`{"order":1}`), begin(`{"order":2}`), begin(`{}`)
	for _, id := range []string{a, other, none} {
		r.advance(id)
	}
	b := begin(`{"order":1}`)
	if got, steps := r.get(a); got.Status != run.Canceled || got.Error.Code != "superseded" || steps[0].Status != run.Canceled {
		t.Fatalf("%+v with %+v", got, steps)
	}
	c := begin(`{"order":1}`)
	r.advance(b)
	r.advance(c)
	for id, want := range map[string]run.Status{b: run.Canceled, c: run.Retrying, other: run.Retrying, none: run.Retrying} {
		if got, _ := r.get(id); got.Status != want {
			t.Errorf("%s, want %s: %+v", got.Status, want, got)
		}
	}
}

// A workflow is told of the failures of others, with what was to be done; of its
// own nobody is told, nor of those of a test.
func TestErrorWorkflow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fails("two")
	handler := r.deploy(two)
	r.settings = `{"retry":{"attempts":0},"error_workflow":"` + handler + `"}`
	id := r.start(`{"order":7}`, two)
	r.advance(id)
	handled := func() (out []run.Run) {
		r.in(func(tx *gorm.DB) error { return tx.Where("failure_of IS NOT NULL").Order("id").Find(&out).Error })
		return out
	}
	told := handled()
	if len(told) != 1 || told[0].WorkflowID != handler || *told[0].FailureOf != id {
		t.Fatalf("%+v", told)
	}
	var event struct {
		Event   map[string]any `json:"original_event"`
		Context map[string]any `json:"original_context"`
		Error   map[string]any `json:"error"`
		Run     map[string]any `json:"run"`
	}
	if err := json.Unmarshal([]byte(told[0].Input), &event); err != nil {
		t.Fatal(err)
	}
	if event.Event["order"] != 7.0 || event.Context["workflow_name"] != "Flow" || event.Error["code"] != "http_status" || event.Error["step"] != "two" || event.Error["ts"] == "" || event.Run["id"] != id {
		t.Errorf("%+v", event)
	}
	r.advance(told[0].ID)
	if got, _ := r.get(told[0].ID); got.Status != run.Failed || len(handled()) != 1 {
		t.Fatalf("%+v, %+v", got, handled())
	}
	r.in(func(tx *gorm.DB) error { // the project's is for workflows that name none
		return tx.Exec("RESET ROLE; UPDATE projects SET error_workflow_id = '" + handler + "' WHERE id = '" + r.scope.Project() + "'").Error
	})
	r.settings = `{"retry":{"attempts":0}}`
	r.advance(r.start(`{}`, two))
	r.settings = `{"retry":{"attempts":0},"error_workflow":"none"}`
	r.advance(r.start(`{}`, two))
	if told = handled(); len(told) != 2 {
		t.Fatalf("%+v", told)
	}
	if _, err := r.workflows.Disable(t.Context(), r.scope.Project(), handler); err != nil {
		t.Fatal(err)
	}
	r.settings = `{"retry":{"attempts":0}}`
	r.advance(r.start(`{}`, two))
	if told = handled(); len(told) != 2 {
		t.Fatalf("one that is switched off was told: %+v", told)
	}
}

// What the settings of failures may not be, and where it is said.
func TestFailureSettings(t *testing.T) {
	t.Parallel()
	for settings, says := range map[string]string{
		`{"retry":{"attempts":-1}}`:                             "settings.retry.attempts",
		`{"pause_after":1001}`:                                  "settings.pause_after",
		`{"retry":{"attempts":21}}`:                             "settings.retry.attempts",
		`{"retry":{"delay":"soon"}}`:                            "settings.retry.delay",
		`{"retry":{"delay":"2d"}}`:                              "settings.retry.delay",
		`{"retry":{"factor":0.5}}`:                              "settings.retry.factor",
		`{"retry":{"also":["http_status"]}}`:                    "settings.retry.also",
		`{"supersede":"order"}`:                                 "settings.supersede",
		`{"supersede":"{{ 1 + }}"}`:                             "settings.supersede",
		`{"error_workflow":"` + strings.Repeat("x", 121) + `"}`: "settings.error_workflow",
	} {
		_, err := workflow.ParseJSON([]byte(`{"name":"n","settings":` + settings + `,"steps":[{"name":"a","type":"respond"}]}`))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", settings, err)
		}
	}
}

// So many failures in a row have the queue paused: what comes waits, and is done when
// somebody goes on. A success between them begins the count anew, and so does going on.
func TestPauseAfterFailures(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.settled(`{"pause_after":3}`, two)
	fail := func(step string, n int) {
		t.Helper()
		r.fails(step)
		for _, id := range r.many(w, make([]string, n)...) {
			r.advance(id)
		}
	}
	paused := func(want bool) {
		t.Helper()
		q, _, err := r.QueueOf(t.Context(), r.scope, w)
		if err != nil || (q.PausedAt != nil) != want {
			t.Fatalf("%+v, %v, want it paused %t", q, err, want)
		}
	}
	fail("two", 2)
	fail("", 1)
	fail("two", 2)
	paused(false)
	fail("two", 1)
	paused(true)
	calls := len(r.out.Calls())
	fail("", 2)
	if q, _, err := r.QueueOf(t.Context(), r.scope, w); err != nil || q.Waiting != 2 || len(r.out.Calls()) != calls || !strings.Contains(q.PausedBecause, "3 runs") {
		t.Fatalf("%+v, %v", q, err)
	}
	var told int
	r.in(func(tx *gorm.DB) error {
		return tx.Raw("SELECT count(*) FROM events WHERE type = 'WORKFLOW_PAUSED'").Scan(&told).Error
	})
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	r.clock.Pass(time.Second)
	if _, err := r.Resume(t.Context(), r.scope, w); err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(time.Second)
	r.fails("two")
	r.admit(w)
	r.due()
	paused(false) // two have failed since
	fail("two", 1)
	paused(true)
}
