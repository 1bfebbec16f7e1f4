package run_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

const approve = `{"name":"approve","type":"suspend","form":{"title":"Pay {{ trigger.n }}?","fields":[{"name":"why","type":"text"}],"reject":"No"}}`

// links returns the addresses that a step gives, without what comes before their token.
func (r *rig) links(runID string) (resume, cancel string) {
	r.t.Helper()
	_, steps := r.get(runID)
	for _, s := range steps {
		if s.Type == "suspend" && s.Status == run.Waiting {
			in := read(r.t, s.Input).(map[string]any)
			return tokenOf(in["resume_url"]), tokenOf(in["cancel_url"])
		}
	}
	r.t.Fatalf("nothing waits in %d steps", len(steps))
	return "", ""
}

func tokenOf(url any) string {
	text, _ := url.(string)
	return text[strings.LastIndex(text, "/")+1:]
}

// tell answers a link.
func (r *rig) tell(link string, said run.Answered) error {
	r.t.Helper()
	asked, err := r.Asks(r.t.Context(), link)
	if err != nil {
		return err
	}
	return r.Reply(r.t.Context(), asked, said)
}

// A run waits as a row for somebody who has its link, which an earlier step may
// have sent, and goes on with what was said. The link is good once.
func TestSuspend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.start(`{"n":7}`, `{"name":"send","type":"http_request","url":"OUT","method":"POST","body":"{{ run.resume_url('approve') }}"}`, approve,
		`{"name":"say","type":"respond","body":["{{ steps.approve.approved }}","{{ steps.approve.resume_data.why }}"]}`)
	r.advance(id)
	got, _ := r.get(id)
	resume, cancel := r.links(id)
	if got.Status != run.Waiting || got.LeaseID != "" || tokenOf(r.sent()) != resume {
		t.Fatalf("%s; sent was %q", got.Status, r.sent())
	}
	asked, err := r.Asks(t.Context(), resume)
	if err != nil || asked.Form.Title != "Pay 7?" || asked.Workflow != "Flow" || asked.Cancels || asked.Until == nil {
		t.Fatalf("%+v, %v", asked, err)
	}
	if err := r.tell(resume, run.Answered{Data: map[string]any{"why": "late"}, Rejected: true}); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{resume, cancel} {
		if err := r.tell(link, run.Answered{}); !errors.Is(err, run.ErrAnswered) {
			t.Errorf("a second answer: %v", err)
		}
	}
	if err := r.Reply(t.Context(), asked, run.Answered{}); !errors.Is(err, run.ErrAnswered) {
		t.Errorf("an answer of one who had looked before: %v", err)
	}
	r.advance(id)
	got, _ = r.get(id)
	if diff := cmp.Diff([]any{false, "late"}, read(t, got.Response).(map[string]any)["body"]); diff != "" || got.Status != run.Succeeded {
		t.Errorf("%s %s", got.Status, diff)
	}
}

// Who answers before the step has begun to wait is heard.
func TestAnswerBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.start(`{}`, `{"name":"send","type":"http_request","url":"OUT","method":"POST","body":"{{ run.resume_url('approve') }}"}`, `{"name":"rest","type":"delay","for":"1h"}`, approve,
		`{"name":"say","type":"respond","body":"{{ steps.approve.resume_data }}"}`)
	r.advance(id)
	if err := r.tell(tokenOf(r.sent()), run.Answered{Data: 3}); err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(2 * time.Hour)
	r.advance(id)
	if got, _ := r.get(id); got.Status != run.Succeeded || read(t, got.Response).(map[string]any)["body"] != 3.0 {
		t.Errorf("%s %v", got.Status, got.Error)
	}
}

// In a loop each item has a link of its own, which is known only in the loop.
func TestSuspendInALoop(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	loop := `{"name":"each","type":"for_each","items":"{{ ['a','b'] }}","concurrency":2,"steps":[
		{"name":"send","type":"http_request","url":"OUT","method":"POST","body":"{{ item }}={{ run.resume_url('approve') }}"},{"name":"approve","type":"suspend"}]}`
	id := r.start(`{}`, loop, `{"name":"say","type":"respond","body":"{{ map(steps.each, .resume_data) }}"}`)
	r.advance(id)
	calls := r.out.Calls()
	if len(calls) != 2 {
		t.Fatalf("%d calls", len(calls))
	}
	for _, c := range calls {
		if err := r.tell(tokenOf(c.Body), run.Answered{Data: c.Body[:1]}); err != nil {
			t.Fatal(err)
		}
		r.advance(id)
	}
	got, _ := r.get(id)
	if diff := cmp.Diff([]any{"a", "b"}, read(t, got.Response).(map[string]any)["body"]); diff != "" {
		t.Error(diff)
	}
	outside := `{"name":"say","type":"respond","body":"{{ run.resume_url('approve') }}"}`
	if got, _ := r.done(`{}`, outside, loop); got.Error == nil || !strings.Contains(got.Error.Message, "loop") {
		t.Errorf("%+v", got.Error)
	}
}

// Who does not answer in time has a run fail, go on or end, as the step says; then
// the link is over.
func TestSuspendTimesOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for how, want := range map[string]run.Status{"": run.Failed, `"on_timeout":"fail",`: run.Failed, `"on_timeout":"continue",`: run.Succeeded, `"on_timeout":"cancel",`: run.Canceled} {
		id := r.start(`{}`, `{"name":"approve","type":"suspend",`+how+`"wait_for":"2h"}`, `{"name":"say","type":"respond","body":"{{ steps.approve.timed_out }}"}`)
		r.advance(id)
		resume, _ := r.links(id)
		r.clock.Pass(3 * time.Hour)
		r.advance(id)
		got, _ := r.get(id)
		if got.Status != want || want == run.Failed && got.Error.Code != "suspend_timeout" {
			t.Errorf("%s: %s %+v", how, got.Status, got.Error)
		}
		if err := r.tell(resume, run.Answered{}); !errors.Is(err, run.ErrLinkOver) {
			t.Errorf("%s: %v", how, err)
		}
	}
}

// In vain within a block, too, a run is canceled, and says why.
func TestSuspendTimesOutInBlock(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.start(`{}`, `{"name":"both","type":"parallel","branches":[{"name":"one","steps":[{"name":"approve","type":"suspend","on_timeout":"cancel","wait_for":"2h"}]},{"name":"two","steps":[{"name":"nap","type":"delay","for":"5h"}]}]}`, after)
	r.advance(id)
	r.clock.Pass(3 * time.Hour)
	r.advance(id)
	if got, steps := r.get(id); got.Status != run.Canceled || got.Error == nil || got.Error.Code != "suspend_timeout" || len(steps) != 3 || len(r.out.Calls()) != 0 {
		t.Errorf("%s %+v, %d steps", got.Status, got.Error, len(steps))
	}
}

// The other link ends the run.
func TestSuspendCanceled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.start(`{}`, approve, `{"name":"say","type":"respond","body":1}`)
	r.advance(id)
	resume, cancel := r.links(id)
	if err := r.tell(cancel, run.Answered{}); err != nil {
		t.Fatal(err)
	}
	r.advance(id)
	got, steps := r.get(id)
	if got.Status != run.Canceled || got.FinishedAt == nil || len(steps) != 1 || steps[0].Status != run.Canceled {
		t.Errorf("%s with %+v", got.Status, steps)
	}
	if err := r.tell(resume, run.Answered{}); !errors.Is(err, run.ErrAnswered) {
		t.Errorf("%v", err)
	}
	for _, link := range []string{"", "x", resume + "x"} {
		if err := r.tell(link, run.Answered{}); !errors.Is(err, run.ErrLink) {
			t.Errorf("%q: %v", link, err)
		}
	}
}

// Steps that wait are listed for those who may see their runs, and are answered by
// hand as by their links: once.
func TestDecide(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.start(`{"n":7}`, approve, `{"name":"say","type":"respond","body":["{{ steps.approve.approved }}","{{ steps.approve.resume_data }}"]}`)
	r.advance(id)
	resume, cancel := r.links(id)
	all, err := r.Suspensions(t.Context(), r.scope, "")
	if err != nil || len(all) != 1 || tokenOf(all[0].ResumeURL) != resume || tokenOf(all[0].CancelURL) != cancel || all[0].Form.Title != "Pay 7?" || all[0].WakeAt == nil {
		t.Fatalf("%+v, %v", all, err)
	}
	stranger := testkit.Scope(t, r.DB)
	if err := r.Decide(t.Context(), stranger, id, "approve", false, run.Answered{}); !errors.Is(err, run.ErrNotFound) {
		t.Errorf("a stranger: %v", err)
	}
	if err := r.Decide(t.Context(), r.scope, id, "say", false, run.Answered{}); !errors.Is(err, run.ErrNotWaiting) {
		t.Errorf("a step that does not wait: %v", err)
	}
	if err := r.Decide(t.Context(), r.scope, id, "approve", false, run.Answered{Data: 3, Rejected: true}); err != nil {
		t.Fatal(err)
	}
	if err := r.Decide(t.Context(), r.scope, id, "approve", false, run.Answered{}); !errors.Is(err, run.ErrAnswered) {
		t.Errorf("a second answer: %v", err)
	}
	r.advance(id)
	got, _ := r.get(id)
	if diff := cmp.Diff([]any{false, 3.0}, read(t, got.Response).(map[string]any)["body"]); diff != "" {
		t.Error(diff)
	}
	for _, of := range []tenant.Scope{r.scope, stranger} {
		if all, err := r.Suspensions(t.Context(), of, ""); err != nil || len(all) != 0 {
			t.Errorf("%d wait still, %v", len(all), err)
		}
	}
	gone := r.start(`{"n":8}`, approve)
	r.advance(gone)
	if err := r.Decide(t.Context(), r.scope, gone, "approve", true, run.Answered{}); err != nil {
		t.Fatal(err)
	}
	if got, _ := r.get(gone); got.Status != run.Canceled {
		t.Errorf("it is %s", got.Status)
	}
}
