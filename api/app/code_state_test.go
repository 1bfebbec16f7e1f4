package app_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tally runs the action of testdata/code/tally.mjs.
func (w *workspace) tally(t *testing.T, user, store, how string) reply {
	t.Helper()
	return w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"code-tally","external_user_id":"`+user+`","configured_props":{"store":"`+store+`","how":"`+how+`","meet":"`+how+`"}}`).is(t, http.StatusOK)
}

// Of two runs of code that read the same and write at once, one is told that the other
// was first; where both say what is to become of the value, nothing is lost.
func TestStateOfCode(t *testing.T) {
	t.Parallel()
	g := newRig(t, withCode(t, "tally.mjs"))
	w := g.home
	made := w.call(t, http.MethodPost, "/v1/projects/{p}/data_stores", `{"subject":"shared"}`).is(t, http.StatusCreated)
	record := "/v1/projects/{p}/data_stores/" + made.text(t, "id") + "/records/n"
	w.call(t, http.MethodPut, record, `{"value":1}`).is(t, http.StatusOK)
	both := func(how string) []string {
		out := make([]string, 2)
		var under sync.WaitGroup
		for i := range out {
			under.Go(func() { out[i] = w.tally(t, "ada", "shared", how).Body })
		}
		under.Wait()
		return out
	}
	refused := func(s string) bool { return strings.Contains(s, "was changed since it was read") }
	wrote := func(s string) bool { return strings.Contains(s, `"ret":2`) }
	if got := both("once"); !slices.ContainsFunc(got, refused) || !slices.ContainsFunc(got, wrote) {
		t.Fatal(got)
	}
	if r := w.call(t, http.MethodGet, record, "").is(t, http.StatusOK); r.at(t, "value") != 2.0 {
		t.Fatal(r.Body)
	}
	if got := both("again"); slices.ContainsFunc(got, refused) {
		t.Fatal(got)
	}
	if r := w.call(t, http.MethodGet, record, "").is(t, http.StatusOK); r.at(t, "value") != 4.0 {
		t.Fatalf("an update was lost: %s", r.Body)
	}
	w.account(t, "ada")
	w.account(t, "bob")
	for _, user := range []string{"ada", "bob", "ada"} {
		if got := w.tally(t, user, "shared", "scopes").Body; !strings.Contains(got, `"ret":[["project","user"],"`+user+`"]`) {
			t.Error(got)
		}
	}
}

// A step of a workflow that is code finds the state of its run, workflow and user, and
// that of one run is not another's.
func TestStateOfCodeStep(t *testing.T) {
	t.Parallel()
	g := newRig(t, withCode(t, "tally.mjs"))
	g.work()
	w := g.home
	_, made := w.workflow(t, `name: Counted
triggers: [{type: http, auth: none, environment: development}]
steps:
  - name: count
    type: code
    language: node
    code: |
      await $.state.execution.increment("n");
      return { run: await $.state.execution.increment("n"), all: await $.state.workflow.increment("n"), scopes: Object.keys($.state) };
  - {name: say, type: respond, body: '{{ steps.count.value }}'}`)
	for _, want := range []string{`"all":1`, `"all":2`} {
		r := g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), `{}`, "Content-Type", "application/json").is(t, http.StatusOK)
		if !strings.Contains(r.Body, want) || !strings.Contains(r.Body, `"run":2`) || !strings.Contains(r.Body, `"scopes":["execution","project","workflow"]`) {
			t.Error(r.Body)
		}
	}
}
