package workflow_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// The list asks only what concerns a workflow, and has no open point once all is
// said.
func TestReadiness(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const reaches = `"steps":[{"name":"a","type":"http_request","url":"https://a.test/"}]`
	for doc, want := range map[string]string{
		`{"name":"bare",` + reaches + `}`: "error_target runbook owner deployed",
		`{"name":"open","triggers":[{"type":"http","auth":"none"}],` + reaches + `,"settings":{"retry":{"attempts":0}}}`:                                                                          "auth signature retry error_target silence concurrency runbook owner deployed",
		`{"name":"named","triggers":[{"type":"http","auth":"bearer"}],` + reaches + `,"settings":{"owner":"us","error_workflow":"none"}}`:                                                         "error_target silence concurrency runbook deployed",
		`{"name":"action","steps":[{"name":"a","type":"action","component":"x-y","on_error":"continue"}],"settings":{"owner":"us"}}`:                                                              "runbook versions deployed",
		`{"name":"all","triggers":[{"type":"schedule","every":"1h"}],` + reaches + `,"settings":{"owner":"us","runbook_url":"https://a.test/","error_workflow":"tell","queue":{"max_queued":5}}}`: "deployed",
	} {
		w := r.create(doc)
		_, checks, err := r.Readiness(t.Context(), r.project, w.ID, false)
		var open []string
		for _, c := range checks {
			if c.Concerns && !c.Done {
				open = append(open, c.Code)
			}
		}
		if got := strings.Join(open, " "); err != nil || got != want {
			t.Errorf("%s: %s, want %s: %v", w.Name, got, want, err)
		}
		if v := r.must(r.Deploy(t.Context(), r.project, w.ID)); len(v.Checks) == 0 || (v.Score == 100) != (want == "deployed") {
			t.Errorf("%s: deployed with %d percent", w.Name, v.Score)
		}
	}
}

// What runs is judged, and the draft when it is asked for: what it mends counts there
// before it is deployed.
func TestReadinessOfTheDraft(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.create(`{"name":"n","steps":[{"name":"a","type":"respond"}]}`)
	r.must(r.Deploy(t.Context(), r.project, w.ID))
	r.must(r.Update(t.Context(), r.project, w.ID, define(t, `{"name":"n","steps":[{"name":"a","type":"respond"}],"settings":{"owner":"us"}}`)))
	for draft, want := range map[bool]bool{false: false, true: true} {
		_, checks, err := r.Readiness(t.Context(), r.project, w.ID, draft)
		at := slices.IndexFunc(checks, func(c workflow.Check) bool { return c.Code == "owner" })
		if err != nil || at < 0 || checks[at].Done != want {
			t.Errorf("draft %t: %+v, %v", draft, checks, err)
		}
	}
}
