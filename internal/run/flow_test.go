package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/code"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// codeRig is a rig whose steps may be code in Node.
func codeRig(t *testing.T) *rig {
	t.Helper()
	node, err := runner.Open(t.Context(), runner.Settings{
		Most: 4, Idle: time.Minute, Runs: 1000, Memory: 512 << 20, Tier: sandbox.Plain, Start: sandbox.Start, Now: time.Now,
		Folder: func(string) (string, error) { return t.TempDir(), nil }, Node: os.Getenv("PATCHBAY_RUNNER_NODE"),
	})
	if errors.Is(err, runner.ErrMissing) {
		t.Skipf("code needs Node.js: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(node.Close)
	r := newRig(t)
	r.worker.Steps.Code = func() (*code.Runner, error) { return &code.Runner{Node: node, Now: time.Now}, nil }
	return r
}

// coded is a step of code. It may call the receiver as OUT.
func coded(text string, more ...string) string {
	src, _ := json.Marshal(text)
	return `{"name":"code","type":"code","language":"node","timeout_seconds":300,"code":` + string(src) + strings.Join(append([]string{""}, more...), ",") + `}`
}

const show = `{"name":"show","type":"respond","body":"{{ steps.code }}"}`

// shown is what a run answered with: the outcome of its code.
func (r *rig) shown(runID string) map[string]any {
	r.t.Helper()
	got, _ := r.get(runID)
	if got.Status != run.Succeeded {
		r.t.Fatalf("it is %s: %+v", got.Status, got.Error)
	}
	body, _ := read(r.t, got.Response).(map[string]any)["body"].(map[string]any)
	delete(body, "logs")
	return body
}

// Code that suspends its run hands links out, and comes to its end before the run
// waits; what is sent to the link is what the step brings beside. The link is good once.
func TestFlowSuspend(t *testing.T) {
	t.Parallel()
	r := codeRig(t)
	id := r.start(`{}`, coded(`const links = $.flow.suspend(); $.export("resume", links.resume_url); $.export("cancel", links.cancel_url); return 1`), show)
	r.advance(id)
	got, steps := r.get(id)
	if got.Status != run.Waiting || got.LeaseID != "" || steps[0].Status != run.Waiting || steps[0].WakeAt.Sub(r.clock.Now()) != 24*time.Hour {
		t.Fatalf("%+v with %+v", got, steps)
	}
	exports := read(t, steps[0].Output).(map[string]any)["exports"].(map[string]any)
	resume, cancel := tokenOf(exports["resume"]), tokenOf(exports["cancel"])
	asked, err := r.Asks(t.Context(), resume)
	if err != nil || asked.Form != nil || asked.Cancels || asked.Until == nil {
		t.Fatalf("%+v, %v", asked, err)
	}
	if err := r.tell(resume, run.Answered{Data: map[string]any{"ok": "a\x00"}}); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{resume, cancel} {
		if err := r.tell(link, run.Answered{}); !errors.Is(err, run.ErrAnswered) {
			t.Errorf("a second answer: %v", err)
		}
	}
	r.advance(id)
	if diff := cmp.Diff(map[string]any{"value": 1.0, "exports": exports, "$resume_data": map[string]any{"ok": "a\x00"}}, r.shown(id)); diff != "" {
		t.Error(diff)
	}
	for _, link := range []string{resume, cancel} {
		if err := r.tell(link, run.Answered{}); !errors.Is(err, run.ErrAnswered) {
			t.Errorf("after the end: %v", err)
		}
	}
	_, steps = r.get(id)
	if steps[0].Attempts != 1 || steps[0].Error != nil {
		t.Errorf("%+v", steps[0])
	}
}

// A run that its code suspends ends when nobody answers, or somebody by the other
// link; a delay just goes on, and earlier if somebody says so.
func TestFlowEnds(t *testing.T) {
	t.Parallel()
	r := codeRig(t)
	for name, tt := range map[string]struct {
		text   string
		answer string // resume | cancel
		pass   time.Duration
		want   run.Status
		code   string
		data   any
	}{
		"nobody answers":     {text: `$.flow.suspend(7200000)`, pass: 3 * time.Hour, want: run.Canceled, code: "suspend_timeout"},
		"it is canceled":     {text: `$.flow.suspend()`, answer: "cancel", want: run.Canceled, code: "canceled"},
		"a delay":            {text: `$.flow.delay(7200000, { why: 1 })`, pass: 3 * time.Hour, want: run.Succeeded},
		"a delay cut short":  {text: `$.flow.delay(7200000)`, answer: "resume", want: run.Succeeded, data: "now"},
		"a delay canceled":   {text: `$.flow.delay(7200000)`, answer: "cancel", want: run.Canceled, code: "canceled"},
		"the last one":       {text: `$.flow.suspend(1000); $.flow.delay(7200000)`, pass: 3 * time.Hour, want: run.Succeeded},
		"a rerun canceled":   {text: `$.flow.rerun(7200000)`, answer: "cancel", want: run.Canceled, code: "canceled"},
		"it leaves":          {text: `$.flow.suspend(); $.flow.exit("enough")`, want: run.Ended},
		"it fails":           {text: `$.flow.suspend(); throw new Error("no")`, want: run.Failed, code: "code_failed"},
		"no time":            {text: `$.flow.delay(0)`, want: run.Failed, code: "code_failed"},
		"for ever":           {text: `$.flow.delay(Infinity)`, want: run.Failed, code: "code_failed"},
		"more than may be":   {text: `$.flow.rerun(1, "x".repeat(300000))`, want: run.Failed, code: "code_failed"},
		"more often":         {text: `$.flow.rerun(1, null, 10001)`, want: run.Failed, code: "code_failed"},
		"refresh is nothing": {text: `$.flow.refreshTimeout()`, want: run.Succeeded},
	} {
		id := r.start(`{}`, coded(tt.text), `{"name":"show","type":"respond","body":"{{ steps.code['$resume_data'] }}"}`)
		r.advance(id)
		var resume string
		if got, steps := r.get(id); got.Status == run.Waiting {
			f := read(t, steps[0].Flow).(map[string]any)
			resume = tokenOf(f["resume_url"])
			link := resume
			if tt.answer == "cancel" {
				link = tokenOf(f["cancel_url"])
			}
			if tt.answer != "" {
				if err := r.tell(link, run.Answered{Data: tt.data}); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
		r.clock.Pass(tt.pass)
		r.advance(id)
		got, _ := r.get(id)
		if got.Status != tt.want || tt.code != "" && (got.Error == nil || got.Error.Code != tt.code) {
			t.Errorf("%s: it is %s: %+v", name, got.Status, got.Error)
			continue
		}
		if tt.want == run.Succeeded {
			if diff := cmp.Diff(tt.data, read(t, got.Response).(map[string]any)["body"]); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if resume == "" {
			continue
		}
		if err := r.tell(resume, run.Answered{}); !errors.Is(err, run.ErrLinkOver) && !errors.Is(err, run.ErrAnswered) {
			t.Errorf("%s: afterwards: %v", name, err)
		}
	}
}

// Code that is run again knows how often, what it told itself and by which request;
// the links of a round are over with it. When it was run as often as it may, the
// workflow goes on.
func TestFlowRerun(t *testing.T) {
	t.Parallel()
	r := codeRig(t)
	id := r.start(`{}`, coded(`const { runs, context, callback_request } = $.context.run;
		const { resume_url } = $.flow.rerun(7200000, { n: runs * 10 }, 2);
		$.export("link", resume_url);
		return [runs, context ?? null, callback_request ?? null]`), show)
	var links []string
	link := func() string {
		t.Helper()
		_, steps := r.get(id)
		if steps[0].Status != run.Waiting {
			t.Fatalf("the step is %s: %+v", steps[0].Status, steps[0].Error)
		}
		links = append(links, tokenOf(read(t, steps[0].Output).(map[string]any)["exports"].(map[string]any)["link"]))
		return links[len(links)-1]
	}
	r.advance(id)
	first := link()
	r.advance(id) // before its time nothing happens
	r.clock.Pass(3 * time.Hour)
	r.advance(id)
	second := link()
	if second == first {
		t.Fatal("the second round has the links of the first")
	}
	if err := r.tell(first, run.Answered{}); !errors.Is(err, run.ErrLinkOver) {
		t.Errorf("the link of a round that is over: %v", err)
	}
	if err := r.tell(second, run.Answered{Data: "done"}); err != nil {
		t.Fatal(err)
	}
	r.advance(id)
	if err := r.tell(second, run.Answered{}); !errors.Is(err, run.ErrAnswered) {
		t.Errorf("twice: %v", err)
	}
	got := r.shown(id)
	if diff := cmp.Diff([]any{3.0, map[string]any{"n": 20.0}, map[string]any{"body": "done"}}, got["value"]); diff != "" {
		t.Error(diff)
	}
	if got["$resume_data"] != nil || tokenOf(got["exports"].(map[string]any)["link"]) == second {
		t.Errorf("%+v", got)
	}
}

// By default code is run again ten times.
func TestFlowRerunByDefault(t *testing.T) {
	t.Parallel()
	r := codeRig(t)
	id := r.start(`{}`, coded(`$.flow.rerun(3600000); return $.context.run.runs`), show)
	for range 10 {
		r.advance(id)
		if got, _ := r.get(id); got.Status != run.Waiting {
			t.Fatalf("it is %s", got.Status)
		}
		r.clock.Pass(2 * time.Hour)
	}
	r.advance(id)
	if got := r.shown(id); got["value"] != 11.0 {
		t.Errorf("%+v", got)
	}
}

// Whatever dies on the way: the context, and which run it is, are those of the round
// that was under way; no round that came to its end is run again, and nothing that
// was answered is lost.
func TestFlowWorkerLost(t *testing.T) {
	t.Parallel()
	r := codeRig(t)
	reached, release := make(chan struct{}), make(chan struct{})
	r.out.Answer(func(n int, _ http.ResponseWriter, _ *http.Request) {
		if n == 2 {
			close(reached)
			<-release
		}
	})
	id := r.start(`{}`, coded(`const { runs, context } = $.context.run;
		await fetch(trigger.out, { method: "POST", body: JSON.stringify([runs, context ?? null]) });
		if (runs < 3) $.flow.rerun(7200000, { after: runs });`), show)
	if err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE runs SET input = ? WHERE id = ?", `{"out":"`+r.out.URL+`"}`, id).Error
	}); err != nil {
		t.Fatal(err)
	}
	r.advance(id)
	r.clock.Pass(3 * time.Hour)
	late := make(chan error, 1)
	go func() { late <- r.worker.Advance(t.Context(), r.scope, id) }()
	<-reached // in the second round
	r.clock.Pass(46 * time.Second)
	r.advance(id) // by another worker
	close(release)
	if err := <-late; err != nil {
		t.Fatal(err)
	}
	// A worker ended the wait, and died before it had written anything else.
	r.clock.Pass(3 * time.Hour)
	if err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO run_answers (run_id, path, round, choice, answered_at) VALUES (?, 'code', 1, 'timeout', now())", id).Error
	}); err != nil {
		t.Fatal(err)
	}
	_, steps := r.get(id)
	if err := r.tell(tokenOf(read(t, steps[0].Flow).(map[string]any)["resume_url"]), run.Answered{}); !errors.Is(err, run.ErrAnswered) {
		t.Errorf("an answer after the end of the time: %v", err)
	}
	r.advance(id)
	r.shown(id)
	if want := `[1,null][2,{"after":1}][2,{"after":1}][3,{"after":2}]`; r.sent() != want {
		t.Errorf("%s, want %s", r.sent(), want)
	}
}

// Who answers while the code is still at work, or while another branch is, is heard.
func TestFlowAnsweredMeanwhile(t *testing.T) {
	t.Parallel()
	r := codeRig(t)
	var answered error
	r.out.Answer(func(_ int, _ http.ResponseWriter, req *http.Request) {
		answered = r.tell(tokenOf(req.Header.Get("X-Link")), run.Answered{Data: "early"})
	})
	id := r.start(`{"out":"`+r.out.URL+`"}`, coded(`const { resume_url } = $.flow.suspend(7200000); await fetch(trigger.out, { headers: { "X-Link": resume_url } })`), show)
	r.advance(id)
	if answered != nil {
		t.Fatal(answered)
	}
	if got := r.shown(id); got["$resume_data"] != "early" {
		t.Errorf("%+v", got)
	}

	id = r.start(`{}`, `{"name":"both","type":"parallel","branches":[{"name":"left","steps":[`+coded(`$.flow.suspend(7200000)`)+`]},
		{"name":"right","steps":[{"name":"nap","type":"delay","for":"1500ms"},{"name":"slow","type":"http_request","url":"OUT"}]}]}`)
	r.out.Answer(func(int, http.ResponseWriter, *http.Request) {
		_, steps := r.get(id)
		for _, s := range steps {
			if s.Name == "code" {
				answered = r.Decide(context.WithoutCancel(t.Context()), r.scope, id, s.Path, false, run.Answered{Data: 1})
			}
		}
	})
	go r.clock.Pass(2 * time.Second)
	r.advance(id)
	if got, _ := r.get(id); answered != nil || got.Status != run.Succeeded {
		t.Errorf("%v, it is %s", answered, got.Status)
	}
}

// What fails after it was run again is tried again as what it was; what is broken off
// begins anew, with links of its own.
func TestFlowTriedAgain(t *testing.T) {
	t.Parallel()
	r := codeRig(t)
	text := `const { runs, context } = $.context.run; const { status } = await fetch(trigger.out, { method: "POST", body: String(runs) });
		if (status !== 200) throw Object.assign(new Error("busy"), { response: { status } });
		if (runs < 2) $.flow.rerun(7200000, "c"); return [runs, context]`
	r.out.Answer(func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 2 {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	id := r.start(`{"out":"`+r.out.URL+`"}`, coded(text, `"retry":{"attempts":3,"delay":"1m"}`), show)
	for range 3 {
		r.advance(id)
		r.clock.Pass(3 * time.Hour)
	}
	if diff := cmp.Diff([]any{2.0, "c"}, r.shown(id)["value"]); diff != "" || r.sent() != "122" {
		t.Errorf("%s after %s", diff, r.sent())
	}

	r.settings = `{"retry":{"attempts":1,"delay":"1h"}}`
	r.fails("two")
	id = r.start(`{}`, `{"name":"both","type":"parallel","branches":[{"name":"left","steps":[`+coded(`$.flow.suspend(360000000)`)+`]},{"name":"right","steps":[{"name":"nap","type":"delay","for":"1h"},`+two+`]}]}`)
	link := func() string {
		t.Helper()
		_, steps := r.get(id)
		for _, s := range steps {
			if s.Name == "code" && s.Flow != nil {
				return tokenOf(read(t, s.Flow).(map[string]any)["resume_url"])
			}
		}
		t.Fatal("no code waits")
		return ""
	}
	r.advance(id)
	before := link()
	r.clock.Pass(2 * time.Hour)
	r.advance(id)
	if got, _ := r.get(id); got.Status != run.Retrying {
		t.Fatalf("it is %s", got.Status)
	}
	if err := r.tell(before, run.Answered{}); !errors.Is(err, run.ErrLinkOver) {
		t.Errorf("the link of what was broken off: %v", err)
	}
	r.fails("")
	r.clock.Pass(2 * time.Hour)
	r.advance(id)
	if got, _ := r.get(id); got.Status != run.Waiting || link() == before {
		t.Fatalf("it is %s, with the links of before: %t", got.Status, link() == before)
	}
	if err := r.tell(link(), run.Answered{}); err != nil {
		t.Fatal(err)
	}
	r.advance(id)
	if got, _ := r.get(id); got.Status != run.Succeeded {
		t.Errorf("it is %s: %+v", got.Status, got.Error)
	}
}

// What its code suspended is listed with what waits for somebody, and is answered by
// hand; a stranger's links and hands do nothing, and nothing is kept of what is not to be.
func TestFlowIsListed(t *testing.T) {
	t.Parallel()
	r, stranger := codeRig(t), codeRig(t)
	r.settings = `{"retry":{"attempts":0},"store":"none"}`
	id := r.start(`{}`, coded(`$.flow.suspend()`), show)
	delayed := r.start(`{}`, coded(`$.flow.delay(3600000)`))
	r.advance(id)
	r.advance(delayed)
	all, err := r.Suspensions(t.Context(), r.scope, "")
	if err != nil || len(all) != 1 || all[0].RunID != id || all[0].WakeAt == nil || all[0].OnTimeout != "cancel" || all[0].CancelURL == "" {
		t.Fatalf("%+v, %v", all, err)
	}
	if err := stranger.tell(tokenOf(all[0].ResumeURL), run.Answered{}); !errors.Is(err, run.ErrLink) {
		t.Errorf("at another installation: %v", err)
	}
	if err := r.Decide(t.Context(), testkit.Scope(t, r.DB), id, "code", false, run.Answered{}); !errors.Is(err, run.ErrNotFound) {
		t.Errorf("a stranger: %v", err)
	}
	for _, one := range []string{id, delayed} {
		if err := r.Decide(t.Context(), r.scope, one, "code", false, run.Answered{Data: 3}); err != nil {
			t.Fatal(err)
		}
		if err := r.Decide(t.Context(), r.scope, one, "code", false, run.Answered{}); !errors.Is(err, run.ErrAnswered) {
			t.Errorf("a second answer: %v", err)
		}
		r.advance(one)
	}
	if got, steps := r.get(id); got.Status != run.Succeeded || steps[0].Flow != nil || steps[0].Output != nil {
		t.Errorf("%s, with %+v", got.Status, steps[0])
	}
	if all, err := r.Suspensions(t.Context(), r.scope, ""); err != nil || len(all) != 0 {
		t.Errorf("%d wait still, %v", len(all), err)
	}
}

// The key of an attempt is another one in each round, and that of the first is what
// it always was.
func TestKeyOfRounds(t *testing.T) {
	t.Parallel()
	r, s := &run.Run{ID: "run_1", Attempts: 1}, &run.Step{Path: "a/b", Attempts: 2}
	if got := s.Key(r); got != "run_1/a/b/1.2" {
		t.Error(got)
	}
	s.Round = 3
	if got := s.Key(r); got != "run_1/a/b/1.2.3" {
		t.Error(got)
	}
}
