package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// A piece of code sends the link of its own run to somebody, who is listed with those
// that are waited for; what is posted there is what the step brings, and the caller of
// the workflow has its answer by then.
func TestCodeSuspends(t *testing.T) {
	t.Parallel()
	g := running(t)
	w := g.home
	text, _ := json.Marshal(`const { resume_url, cancel_url } = $.flow.suspend(3600000); $.respond({ status: 202, body: { resume_url, cancel_url } }); return "asked"`)
	steps := `"steps":[{"name":"ask","type":"code","language":"node","code":` + string(text) + `},{"name":"then","type":"filter","if":"{{ steps.ask.$resume_data.ok && steps.ask.value == 'asked' }}"}]`
	_, made := w.workflow(t, `{"name":"Ask","triggers":[{"type":"http","auth":"none","environment":"development","response":{"mode":"workflow"}}],`+steps+`}`)
	links := g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), `{}`).is(t, http.StatusAccepted)
	resume, cancel := links.text(t, "resume_url"), links.text(t, "cancel_url")
	var listed reply
	soon(t, "a step that is listed", func() bool {
		listed = w.call(t, http.MethodGet, "/v1/projects/{p}/run_suspensions", "").is(t, http.StatusOK)
		list, _ := listed.at(t, "data").([]any)
		return len(list) == 1
	})
	id := listed.text(t, "data", 0, "run_id")
	if listed.text(t, "data", 0, "path") != "ask" || listed.text(t, "data", 0, "resume_url") != resume || listed.text(t, "data", 0, "on_timeout") != "cancel" {
		t.Error(listed.Body)
	}
	if page := g.do(t, http.MethodGet, resume, "", "Accept", "text/html").is(t, http.StatusOK); !strings.Contains(page.Body, "Go on?") {
		t.Error(page.Body)
	}
	g.do(t, http.MethodPost, resume, `{"ok":true,"by":"ada"}`, "Content-Type", "application/json").is(t, http.StatusOK)
	w.ends(t, id, "succeeded")
	g.do(t, http.MethodPost, cancel, `{}`).refused(t, http.StatusGone, "link_used")
	got := w.run(t, id)
	if got.at(t, "steps").([]any)[0].(map[string]any)["output"].(map[string]any)["$resume_data"].(map[string]any)["by"] != "ada" {
		t.Error(got.Body)
	}
}

// A component begins a job and is run again until that is done, or until it is called
// back, which is sooner; run by itself, without a workflow, it says that it cannot.
func TestActionIsRunAgain(t *testing.T) {
	t.Parallel()
	g := newRig(t, withCode(t, "job.mjs"))
	g.work()
	w := g.home
	w.connectToken(t, "ada", "")
	upstream := testkit.NewReceiver(t)
	var asked atomic.Int32
	upstream.Answer(func(_ int, out http.ResponseWriter, req *http.Request) {
		out.Header().Set("Content-Type", "application/json")
		switch {
		case req.Method == http.MethodPost:
			_, _ = out.Write([]byte(`{"id":"job_1"}`))
		case asked.Add(1) < 3:
			_, _ = out.Write([]byte(`{"status":"working"}`))
		default:
			_, _ = out.Write([]byte(`{"status":"done","result":7}`))
		}
	})
	definition := func(every, then string) string {
		return `{"name":"Job","triggers":[{"type":"http","auth":"none","environment":"development"}],"steps":[
			{"name":"job","type":"action","component":"acme-code-await-job","props":{"url":"` + upstream.URL + `","every":` + every + `}}` + then + `]}`
	}
	_, made := w.workflow(t, definition("100", `,{"name":"say","type":"respond","body":"{{ steps.job.value }}"}`))
	r := g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), `{}`).is(t, http.StatusOK)
	if r.text(t, "by") != "polling" || r.at(t, "runs") != 4.0 || r.at(t, "result") != 7.0 {
		t.Error(r.Body)
	}
	var seen []string
	for _, c := range upstream.Calls()[1:] {
		seen = append(seen, c.Header.Get("X-Job")+" "+c.Header.Get("X-Runs"))
	}
	if got := strings.Join(seen, ","); got != "job_1 2,job_1 3,job_1 4" {
		t.Error(got)
	}

	_, made = w.workflow(t, definition("3600000", ""))
	before := len(upstream.Calls())
	id := g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), `{}`).is(t, http.StatusOK).text(t, "run_id")
	soon(t, "the job to be begun", func() bool { return len(upstream.Calls()) > before })
	var begun struct{ Callback string }
	if err := json.Unmarshal([]byte(upstream.Calls()[before].Body), &begun); err != nil {
		t.Fatal(err)
	}
	g.do(t, http.MethodPost, begun.Callback, `{"result":9}`, "Content-Type", "application/json").is(t, http.StatusOK)
	w.ends(t, id, "succeeded")
	got := w.run(t, id).at(t, "steps").([]any)[0].(map[string]any)["output"].(map[string]any)["value"].(map[string]any)
	if got["by"] != "callback" || got["runs"] != 2.0 || got["result"] != 9.0 {
		t.Error(got)
	}

	alone := w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"acme-code-await-job","external_user_id":"ada","configured_props":{"url":"`+upstream.URL+`","every":100}}`).is(t, http.StatusOK)
	if !strings.Contains(alone.text(t, "error", "message"), "works in workflows alone") {
		t.Error(alone.Body)
	}
}
