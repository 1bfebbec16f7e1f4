package app_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A source that is code is deployed, looks for what is new, remembers, and goes on
// after it failed: what it emitted before it did is kept.
func TestSourceOfCode(t *testing.T) {
	t.Parallel()
	g := newRig(t, withCode(t, "watch.mjs"))
	g.work()
	w := g.home
	account := w.account(t, "ada")
	w.act(t, "create-contact", "ada", account, `"name":"Before"`).is(t, http.StatusOK)
	r := w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"acme-code-new-contact","external_user_id":"ada","emit_on_deploy":false,"configured_props":`+w.coded(account, "")+`}`).is(t, http.StatusOK)
	id := r.text(t, "data", "id")
	events := func() string {
		return w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?external_user_id=ada", "").is(t, http.StatusOK).Body
	}
	if got := events(); !strings.Contains(got, `"data":[]`) {
		t.Fatalf("what was there before is no news: %s", got)
	}
	look := func(name, want string) {
		w.act(t, "create-contact", "ada", account, `"name":"`+name+`"`).is(t, http.StatusOK)
		g.query(t, "UPDATE trigger_sources SET due_at = now() - interval '1 minute'")
		soon(t, "an event of "+name, func() bool { return strings.Contains(events(), name) })
		r := w.looked(t, id, "the end of the look", func(r reply) bool { return true })
		if got := events(); strings.Count(got, `"k":"emit"`) != strings.Count(want, " ")+1 || strings.Contains(got, "Before") {
			t.Errorf("%s: %s", r.Body, got)
		}
	}
	look("Grace", "Grace")
	look("Alan", "Grace Alan")
	w.looked(t, id, "the failure", func(r reply) bool { return strings.Contains(r.Body, "run 2 failed at number") })
	look("Edsger", "Grace Alan Edsger")
	w.looked(t, id, "the recovery", func(r reply) bool { return !strings.Contains(r.Body, "run 2 failed") })
	w.call(t, http.MethodDelete, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", "").is(t, http.StatusNoContent)
}

// A source that is code answers who calls its address. Its runs come one after
// another, so that what it remembers counts each of them.
func TestAddressOfCode(t *testing.T) {
	t.Parallel()
	g := newRig(t, withCode(t, "inbox.mjs"))
	g.work()
	w := g.home
	r := w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"code-inbox","external_user_id":"ada","configured_props":{}}`).is(t, http.StatusOK)
	id, at := r.text(t, "data", "id"), r.text(t, "data", "endpoint_url")
	send := func(body string) reply {
		return g.do(t, http.MethodPost, at+"?q=x", body, "Content-Type", "application/json")
	}
	first := send(`{"n":100}`).is(t, http.StatusCreated)
	if first.at(t, "seen") != 1.0 || first.text(t, "method") != "POST" || first.at(t, "raw") != 9.0 || first.text(t, "q") != "x" || first.Header.Get("X-Seen") != "1" {
		t.Fatal(first.Body)
	}
	send(`{}`).is(t, http.StatusUnprocessableEntity)
	var all sync.WaitGroup
	for n := range 6 {
		all.Go(func() { send(`{"n":`+strconv.Itoa(n+1)+`}`).is(t, http.StatusCreated) })
	}
	all.Wait()
	if last := send(`{"n":200}`).is(t, http.StatusCreated); last.at(t, "seen") != 8.0 {
		t.Errorf("a request was not counted: %s", last.Body)
	}
	soon(t, "two events", func() bool {
		got := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?external_user_id=ada", "").is(t, http.StatusOK).Body
		return strings.Count(got, `"k":"emit"`) == 2 && strings.Contains(got, `{"n":100}`) && strings.Contains(got, `{"n":200}`) && strings.Contains(got, `"sum":"number 200"`) && strings.Contains(got, `"name":"numbers"`)
	})
}

// A source that needs a webhook which this server does not have is refused.
func TestAppHookIsRefused(t *testing.T) {
	t.Parallel()
	g := newRig(t, withCode(t, "apphook.mjs"))
	g.home.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"code-apphook","external_user_id":"ada","configured_props":{}}`).refused(t, http.StatusBadRequest, "trigger_apphook")
}
