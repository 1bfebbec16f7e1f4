package app_test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// What a project's rules name is in no log, whoever writes it: not in the row, and
// not in what is sealed in it. What is called is answered as ever.
func TestLogRedactions(t *testing.T) {
	t.Parallel()
	g := newRig(t, withCode(t, "chatty.mjs"))
	g.work()
	w := g.home
	id := w.account(t, "ada")
	w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"log_redactions":[{"kind":"pattern","match":"("}]}`).refused(t, http.StatusBadRequest, "log_redactions")
	set := w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"proxy_log_bodies":true,"action_log_values":true,"log_redactions":[
		{"kind":"values","match":"email"},{"kind":"field","match":"text"},{"kind":"pattern","match":"Grace H"},{"kind":"pattern","match":"last words"},{"kind":"pattern","match":"it is broken"}]}`).is(t, http.StatusOK)
	if set.text(t, "log_redactions", 0, "match") != "email" {
		t.Fatal(set.Body)
	}
	hush := []string{"ann@shop.example", "ann%40shop.example", "hello there", "Grace H", "last words", "it is broken"}
	clean := func(where, text string) {
		t.Helper()
		for _, s := range hush {
			if strings.Contains(text, s) {
				t.Errorf("%s holds %q: %s", where, s, text)
			}
		}
	}

	// Calls through the proxy.
	g.app.on("/users/ann@shop.example", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write([]byte(`{"owner":"ann@shop.example","n":1}`))
	})
	answered := w.call(t, http.MethodPost, through("/users/ann@shop.example", id, "ada"), `{"text":"hello there","cc":["ann@shop.example"]}`).is(t, http.StatusOK)
	if !strings.Contains(answered.Body, "ann@shop.example") {
		t.Error("the answer itself was changed", answered.Body)
	}
	var r reply
	soon(t, "the request", func() bool { r = w.logged(t, ""); return r.at(t, "data", 0) != nil })
	clean("the list of requests", r.Body)
	one := w.call(t, http.MethodGet, "/v1/projects/{p}/requests/"+r.text(t, "data", 0, "id"), "").is(t, http.StatusOK)
	clean("a request", one.Body)
	if one.text(t, "request_body", "text") != `{"cc":["[redacted]"],"text":"[redacted]"}` || one.text(t, "response_body", "text") != `{"n":1,"owner":"[redacted]"}` {
		t.Error(one.Body)
	}

	// Runs of actions.
	made := w.call(t, http.MethodPost, runPath, contact("ada", id, "Grace H")).is(t, http.StatusOK)
	w.acted(t, "status=succeeded")
	run := w.ended(t, made.text(t, "run_id"))
	clean("a run", run.Body)
	if !strings.Contains(run.text(t, "logs", "input", "text"), "[redacted]") {
		t.Error(run.Body)
	}

	// What sources write.
	r = w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"acme-code-chatty","external_user_id":"ada","configured_props":`+w.coded(id, "")+`}`).is(t, http.StatusOK)
	trigger, at := r.text(t, "data", "id"), r.text(t, "data", "endpoint_url")
	for _, what := range []string{"die", "throw"} {
		look, log := w.chatted(t, trigger, at, what)
		clean("a look", look.Body)
		clean("the log of a look", log.Body)
		if !strings.Contains(log.Body, "[redacted]") {
			t.Error(log.Body)
		}
	}
	// What receivers of webhooks answer, and who is named to them.
	receiver := testkit.NewReceiver(t)
	receiver.Answer(func(_ int, rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("X-Owner", "ann@shop.example")
		_, _ = rw.Write([]byte(`{"owner":"ann@shop.example","text":"hello there"}`))
	})
	_, hook, _ := w.trigger(t, "ann@shop.example", receiver.URL)
	g.do(t, http.MethodPost, hook, `{"text":"hello there"}`).is(t, http.StatusOK)
	soon(t, "the webhook", func() bool { return len(receiver.Calls()) == 1 })
	if c := receiver.Calls()[0]; c.Header.Get("X-Pd-External-User-Id") != "ann@shop.example" || !strings.Contains(c.Body, "hello there") {
		t.Error("what was sent was changed", c.Header, c.Body)
	}
	soon(t, "the attempt", func() bool { return strings.Contains(g.dump(t, "attempts"), "owner") })

	// What code of workflows logs; what it brings is data.
	if _, err := exec.LookPath("node"); err == nil {
		ran := w.invoked(t, `{"name":"Code","triggers":[{"type":"http"}],"steps":[{"name":"a","type":"code","language":"node","code":"console.log('to ann@shop.example', trigger.body.text); return trigger.body.text"},
			{"name":"say","type":"respond","body":"{{ steps.a }}"}]}`, "", `{"text":"Grace Hopper"}`).is(t, http.StatusOK)
		if ran.text(t, "value") != "Grace Hopper" || ran.text(t, "logs", 0, "text") != "to [redacted] [redacted]opper" {
			t.Error(ran.Body)
		}
	}
	for table := range strings.SplitSeq("proxy_requests action_runs trigger_looks trigger_look_logs attempts", " ") {
		clean(table, g.dump(t, table))
	}
}
