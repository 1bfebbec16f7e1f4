package run_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// settled deploys a workflow with settings.
func (r *rig) settled(settings string, steps ...string) (workflowID string) {
	r.t.Helper()
	src := `{"name":"Flow","triggers":[{"type":"http","auth":"none"}],"steps":[` + strings.Join(steps, ",") + `],"settings":` + settings + `}`
	d, err := workflow.ParseJSON([]byte(strings.ReplaceAll(src, "OUT", r.out.URL)))
	if err != nil {
		r.t.Fatal(err)
	}
	v, err := r.workflows.Create(r.t.Context(), r.scope.Project(), d)
	if err == nil {
		_, err = r.workflows.Deploy(r.t.Context(), r.scope.Project(), v.ID)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return v.ID
}

// begin starts a run of a workflow.
func (r *rig) begin(workflowID, user, input string) (runID string) {
	r.t.Helper()
	queued, err := r.Start(r.t.Context(), r.scope, workflowID, user, []byte(input))
	if err != nil {
		r.t.Fatal(err)
	}
	return queued.ID
}

// What is not to be kept works while the run lasts, is answered, and is gone from
// all rows when it is over; of a workflow that keeps errors, those of failures stay.
func TestWhatIsNotKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	send := `{"name":"send","type":"http_request","method":"POST","url":"OUT/x","body":{"told":"{{ trigger.body.secret }}"}}`
	answer := `{"name":"say","type":"respond","body":"{{ trigger.body.secret }}"}`
	none, errors := r.settled(`{"store":"none"}`, send, answer), r.settled(`{"store":"errors","retry":{"attempts":0}}`, send, answer)
	const input = `{"body":{"secret":"hush"}}`
	holds := func(id string) bool {
		got, steps := r.get(id)
		all := got.Input
		if got.Error != nil {
			all += got.Error.Message
		}
		for _, s := range steps {
			for _, column := range []*string{s.Input, s.Output} {
				if column != nil {
					all += *column
				}
			}
			if s.Error != nil {
				all += s.Error.Message
			}
		}
		return strings.Contains(all, "hush") || strings.Contains(all, "500")
	}
	for _, workflowID := range []string{none, errors} {
		r.out.Status(http.StatusOK)
		id := r.begin(workflowID, "", input)
		if !holds(id) {
			t.Error("a run forgets before it is over")
		}
		r.advance(id)
		got, steps := r.get(id)
		if got.Status != run.Succeeded || len(steps) != 2 || holds(id) {
			t.Errorf("%s, %d steps, keeps: %v", got.Status, len(steps), holds(id))
		}
		calls := r.out.Calls()
		if body := calls[len(calls)-1].Body; !strings.Contains(body, "hush") {
			t.Errorf("the step sent %s", body)
		}
		if said, err := r.Answer(t.Context(), r.scope, id); err != nil || said.Body != "hush" {
			t.Errorf("the caller is told %+v, %v", said, err)
		}
		r.out.Status(http.StatusInternalServerError)
		id = r.begin(workflowID, "", input)
		r.advance(id)
		if got, _ = r.get(id); got.Status != run.Failed || got.Error.Code == "" || holds(id) != (workflowID == errors) {
			t.Errorf("%s %+v, keeps: %v", got.Status, got.Error, holds(id))
		}
	}
}
