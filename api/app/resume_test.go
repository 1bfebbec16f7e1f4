package app_test

import (
	"net/http"
	"strings"
	"testing"
)

// suspended begins a run that waits for somebody, and returns its id and its links.
func (w *workspace) suspended(t *testing.T, form string) (id, resume, cancel string) {
	t.Helper()
	_, made := w.workflow(t, `{"name":"Refund","triggers":[{"type":"http","auth":"none","environment":"development"}],"steps":[
		{"name":"approve","type":"suspend"`+form+`},{"name":"then","type":"filter","if":"{{ steps.approve.approved }}"}]}`)
	id = w.g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), `{}`).is(t, http.StatusOK).text(t, "run_id")
	soon(t, "a run that waits", func() bool { return w.run(t, id).text(t, "run", "status") == "waiting" })
	input, _ := w.run(t, id).at(t, "steps").([]any)[0].(map[string]any)["input"].(map[string]any)
	resume, _ = input["resume_url"].(string)
	cancel, _ = input["cancel_url"].(string)
	return id, resume, cancel
}

func (w *workspace) ends(t *testing.T, runID, status string) {
	t.Helper()
	soon(t, "a run that has "+status, func() bool { return w.run(t, runID).text(t, "run", "status") == status })
}

// A person opens a link, is asked, and the run goes on with the answer; whoever
// opens it again is told so. To look at a link answers nothing.
func TestResumePage(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	id, resume, _ := w.suspended(t, `,"form":{"title":"Refund <7>?","fields":[{"name":"why","type":"text","label":"Why","required":true},{"name":"sum","type":"number"},{"name":"how","type":"choice","options":["card","cash"]},{"name":"sure","type":"boolean"}],"approve":"Pay","reject":"No"}`)
	html := []string{"Accept", "text/html"}
	form := append([]string{"Content-Type", "application/x-www-form-urlencoded"}, html...)
	for range 2 {
		r := g.do(t, http.MethodGet, resume, "", html...).is(t, http.StatusOK)
		for _, want := range []string{"Refund &lt;7&gt;?", ">Why<", "<option>cash</option>", `value="reject"`, "(optional)"} {
			if !strings.Contains(r.Body, want) {
				t.Errorf("the page has no %s", want)
			}
		}
		if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || r.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("headers %v", r.Header)
		}
	}
	r := g.do(t, http.MethodPost, resume, "_choice=approve&sum=x&how=gold", form...).is(t, http.StatusBadRequest)
	for _, want := range []string{"This is needed.", "is no number", "Choose one"} {
		if !strings.Contains(r.Body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	g.do(t, http.MethodPost, resume, "_choice=approve&why=broken&sum=1%2C5&how=cash&sure=true", form...).is(t, http.StatusOK)
	if r := g.do(t, http.MethodGet, resume, "", html...).is(t, http.StatusGone); !strings.Contains(r.Body, "Already answered") {
		t.Errorf("says %s", r.Body)
	}
	g.do(t, http.MethodPost, resume, "_choice=approve&why=again", form...).is(t, http.StatusGone)
	w.ends(t, id, "succeeded")
	steps := w.run(t, id).at(t, "steps").([]any)[0].(map[string]any)["output"].(map[string]any)
	data := steps["resume_data"].(map[string]any)
	if steps["approved"] != true || data["why"] != "broken" || data["sum"] != 1.5 || data["how"] != "cash" || data["sure"] != true {
		t.Errorf("%v", steps)
	}
	id, resume, _ = w.suspended(t, `,"form":{"fields":[{"name":"why","type":"text","required":true}],"reject":"No"}`)
	g.do(t, http.MethodPost, resume, "_choice=reject", form...).is(t, http.StatusOK)
	w.ends(t, id, "ended_early")
}

// Programs post what the run goes on with, or end it.
func TestResumeByProgram(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	id, resume, cancel := w.suspended(t, "")
	if resume == cancel {
		t.Error("both links are one")
	}
	g.do(t, http.MethodPost, resume, `{"a":`, "Content-Type", "application/json").refused(t, http.StatusBadRequest, "body")
	g.do(t, http.MethodPost, resume, strings.Repeat("x", 512<<10+1)).refused(t, http.StatusRequestEntityTooLarge, "body_too_large")
	g.do(t, http.MethodPost, resume+"x", `{}`).refused(t, http.StatusNotFound, "link_invalid")
	g.do(t, http.MethodHead, resume, "").is(t, http.StatusOK)
	if r := g.do(t, http.MethodPost, resume, `{"a":[1]}`, "Content-Type", "application/json").is(t, http.StatusOK); r.text(t, "status") != "resumed" {
		t.Errorf("says %s", r.Body)
	}
	g.do(t, http.MethodPost, resume, `{}`).refused(t, http.StatusGone, "link_used")
	w.ends(t, id, "succeeded")
	_, resume, _ = w.suspended(t, "")
	g.do(t, http.MethodGet, resume+"?confirm=1&a=b", "").is(t, http.StatusOK)
	g.do(t, http.MethodGet, resume+"?confirm=1&a=b", "").refused(t, http.StatusGone, "link_used")
	id, _, cancel = w.suspended(t, "")
	if r := g.do(t, http.MethodPost, cancel, "").is(t, http.StatusOK); r.text(t, "status") != "canceled" {
		t.Errorf("says %s", r.Body)
	}
	w.ends(t, id, "canceled")
}
