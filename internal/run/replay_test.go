package run_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// A run is replayed from the start, or from a step with what was recorded before it;
// on its own version, or on the newest, which may be mended.
func TestReplay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fails("two")
	of, _ := r.done(`{"n":1}`, one, two, after)
	r.fails("")
	replay := func(m run.Manner) *run.Run {
		t.Helper()
		x, err := r.Replay(t.Context(), r.scope, of.ID, m)
		if err != nil {
			t.Fatal(err)
		}
		r.advance(x.ID)
		got, steps := r.get(x.ID)
		if got.Status != run.Succeeded || *got.ReplayOf != of.ID || got.Input != of.Input || len(steps) != 3 {
			t.Fatalf("%+v with %+v", got, steps)
		}
		return got
	}
	replay(run.Manner{Version: run.Same, From: "two"})
	if calls := r.callsByStep(); calls["one"] != 1 || calls["two"] != 2 || calls[""] != 1 {
		t.Fatalf("%v", calls)
	}
	replay(run.Manner{})
	if calls := r.callsByStep(); calls["one"] != 2 || calls["two"] != 3 {
		t.Fatalf("%v", calls)
	}
	for want, m := range map[error]run.Manner{run.ErrVersion: {Version: "7"}, workflow.ErrNoStep: {From: "three"}} {
		if _, err := r.Replay(t.Context(), r.scope, of.ID, m); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if _, err := r.Replay(t.Context(), testkit.Scope(t, r.DB), of.ID, run.Manner{}); !errors.Is(err, run.ErrNotFound) {
		t.Error(err)
	}
	if _, err := r.Replay(t.Context(), r.scope, r.start(`{}`, one), run.Manner{}); !errors.Is(err, run.ErrUnderWay) {
		t.Error(err)
	}
}

// A step that failed within blocks is where a run goes on, and what other branches
// brought is not done again.
func TestRetryWithinBlocks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.settings = `{"retry":{"attempts":0}}`
	r.fails("two")
	got, _ := r.done(`{"list":[1,2]}`, `{"name":"each","type":"for_each","items":"{{ trigger.list }}","steps":[`+one+`,{"name":"both","type":"parallel","branches":[
		{"name":"left","steps":[{"name":"third","type":"http_request","url":"OUT","headers":{"X-Step":"third"}}]},{"name":"right","steps":[{"name":"wait","type":"delay","for":"300ms"},`+two+`]}]}]}`)
	if got.Status != run.Failed {
		t.Fatalf("%+v", got)
	}
	r.fails("")
	if _, err := r.Retry(t.Context(), r.scope, got.ID); err != nil {
		t.Fatal(err)
	}
	r.advance(got.ID)
	if got, steps := r.get(got.ID); got.Status != run.Succeeded {
		t.Fatalf("%+v with %+v", got, steps)
	}
	if calls := r.callsByStep(); calls["one"] != 2 || calls["two"] != 3 || calls["third"] != 2 {
		t.Errorf("%v", calls)
	}
}

// A draft is tested as it is, whole or up to a step, or one step of it with what an
// earlier run brought; it is not deployed by that.
func TestTestOfADraft(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(one, two)
	src := `{"name":"Draft","steps":[` + one + `,` + two + `,` + after + `]}`
	draft, err := workflow.ParseJSON([]byte(strings.ReplaceAll(src, "OUT", r.out.URL)))
	if err == nil {
		_, err = r.workflows.Update(t.Context(), r.scope.Project(), w, draft)
	}
	if err != nil {
		t.Fatal(err)
	}
	try := func(x run.Trial, want int) *run.Run {
		t.Helper()
		made, err := r.Test(t.Context(), r.scope, w, x)
		if err != nil {
			t.Fatal(err)
		}
		r.advance(made.ID)
		got, steps := r.get(made.ID)
		if !got.Test || got.Version != 0 || len(steps) != want {
			t.Fatalf("%+v with %+v", got, steps)
		}
		return got
	}
	whole := try(run.Trial{Event: []byte(`{"n":1}`)}, 3)
	try(run.Trial{Event: []byte(`{}`), UpTo: "one"}, 1)
	before := r.callsByStep()
	try(run.Trial{RunID: whole.ID, From: "two", UpTo: "two"}, 2)
	if calls := r.callsByStep(); calls["one"] != before["one"] || calls["two"] != before["two"]+1 || calls[""] != before[""] {
		t.Errorf("%v, before %v", calls, before)
	}
	r.fails("one")
	if got := try(run.Trial{Event: []byte(`{}`)}, 1); got.Status != run.Failed {
		t.Errorf("%+v", got)
	}
	for name, tt := range map[string]struct {
		trial run.Trial
		want  error
	}{
		"nothing":                {run.Trial{}, run.ErrEvent},
		"both":                   {run.Trial{Event: []byte(`{}`), RunID: whole.ID}, run.ErrEvent},
		"a list":                 {run.Trial{Event: []byte(`[]`)}, run.ErrEvent},
		"a step without a run":   {run.Trial{Event: []byte(`{}`), From: "two"}, run.ErrEvent},
		"a step of nobody":       {run.Trial{RunID: whole.ID, From: "x"}, workflow.ErrNoStep},
		"up to a step of nobody": {run.Trial{RunID: whole.ID, UpTo: "x"}, workflow.ErrNoStep},
		"a run of nobody":        {run.Trial{RunID: "run_x"}, run.ErrNotFound},
	} {
		if _, err := r.Test(t.Context(), r.scope, w, tt.trial); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if _, err := r.Test(t.Context(), testkit.Scope(t, r.DB), w, run.Trial{Event: []byte(`{}`)}); !errors.Is(err, workflow.ErrNotFound) {
		t.Error(err)
	}
}

// Dead letters are tried again, some or all, or discarded; nothing else is.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.settings = `{"retry":{"attempts":1,"delay":"1ms","factor":1}}`
	r.fails("one")
	w := r.deploy(one)
	var ids []string
	for range 3 {
		x, err := r.Start(t.Context(), r.scope, w, "", []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		r.advance(x.ID)
		r.clock.Pass(time.Second)
		r.advance(x.ID)
		if got, _ := r.get(x.ID); got.Status != run.DeadLettered {
			t.Fatalf("%+v", got)
		}
		ids = append(ids, x.ID)
	}
	r.fails("")
	if n, _, err := r.Requeue(t.Context(), testkit.Scope(t, r.DB), run.Filter{}); n != 0 || err != nil {
		t.Fatalf("another tenant: %d, %v", n, err)
	}
	if n, more, err := r.Requeue(t.Context(), r.scope, run.Filter{IDs: ids[:1]}); n != 1 || more || err != nil {
		t.Fatal(n, more, err)
	}
	for want := range []int{1, 0} {
		if n, more, err := r.Discard(t.Context(), r.scope, run.Filter{IDs: ids[1:2]}); n != 1-want || more || err != nil {
			t.Fatal(n, more, err)
		}
	}
	if n, _, err := r.Requeue(t.Context(), r.scope, run.Filter{WorkflowID: w}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	for i, want := range []run.Status{run.Succeeded, run.Failed, run.Succeeded} {
		r.advance(ids[i])
		if got, _ := r.get(ids[i]); got.Status != want {
			t.Errorf("%+v, want %s", got, want)
		}
	}
}
