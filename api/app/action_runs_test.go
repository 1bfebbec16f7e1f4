package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/demo"
)

const runPath = "/v1/connect/{p}/actions/run"

// contact is the body of a call that makes a contact.
func contact(user, accountID, name string) string {
	return fmt.Sprintf(`{"id":"acme-crm-key-create-contact","external_user_id":%q,"configured_props":{"acme_crm_key":{"authProvisionId":%q},"name":%q}}`, user, accountID, name)
}

// acted returns the log of runs once it has one that fits the query.
func (w *workspace) acted(t *testing.T, query string) (r reply) {
	t.Helper()
	soon(t, "the log of runs", func() bool {
		r = w.call(t, http.MethodGet, "/v1/connect/{p}/action_runs?"+query, "").is(t, http.StatusOK)
		list, _ := r.at(t, "data").([]any)
		return len(list) > 0
	})
	return r
}

// ended returns a run once it is over.
func (w *workspace) ended(t *testing.T, runID string) (r reply) {
	t.Helper()
	soon(t, "the end of the run", func() bool {
		r = w.call(t, http.MethodGet, "/v1/connect/{p}/action_runs/"+runID, "").is(t, http.StatusOK)
		return r.at(t, "run", "finished_at") != nil
	})
	return r
}

// Each run is remembered: who, what, how it went and what it told; and what went
// in and came out only where the project says so, without secrets.
func TestActionRunLog(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	made := w.call(t, http.MethodPost, runPath, contact("ada", id, "Grace H")).is(t, http.StatusOK)
	run := made.text(t, "run_id")
	w.acted(t, "status=succeeded")
	r := w.ended(t, run)
	if r.text(t, "run", "status") != "succeeded" || r.text(t, "run", "component_id") != "acme-crm-key-create-contact" || r.text(t, "run", "account_id") != id || r.text(t, "run", "external_user_id") != "ada" {
		t.Error(r.Body)
	}
	if r.at(t, "outcome") != nil || r.at(t, "logs", "input") != nil || r.at(t, "logs", "value") != nil || !strings.Contains(r.text(t, "logs", "os", 0, "msg"), "POST /api/contacts") || strings.Contains(r.Body, "Grace H") {
		t.Error("what nobody asked for is kept, or the log is not", r.Body)
	}
	w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"action_log_values":true}`).is(t, http.StatusOK)
	made = w.call(t, http.MethodPost, runPath, strings.Replace(contact("ada", id, "Grace H"), `"name"`, `"email":"nowhere","name"`, 1)).is(t, http.StatusOK)
	failed := w.acted(t, "status=failed")
	if failed.text(t, "data", 0, "id") != made.text(t, "run_id") || failed.text(t, "data", 0, "error", "attribution", "origin") != "app" {
		t.Error(failed.Body)
	}
	r = w.ended(t, made.text(t, "run_id"))
	if !strings.Contains(r.text(t, "logs", "input", "text"), "Grace H") || r.text(t, "logs", "value", "text") != "null" {
		t.Error(r.Body)
	}
	if raw := g.dump(t, "action_runs"); strings.Contains(raw, "Grace H") || strings.Contains(raw, demo.DemoKey) {
		t.Error("the log holds in the clear what is to be sealed")
	}
	for query, n := range map[string]float64{
		"component_id=acme-crm-key-create-contact": 2, "component_id=x": 0, "app=acme_crm_key": 2, "account_id=" + id: 2, "external_user_id=ada": 2, "external_user_id=bob": 0, "status=queued": 0,
		"from=2020-01-01T00:00:00Z": 2, "to=2020-01-01T00:00:00Z": 0,
	} {
		if r := w.call(t, http.MethodGet, "/v1/connect/{p}/action_runs?"+query, "").is(t, http.StatusOK); r.at(t, "page_info", "total_count") != n {
			t.Errorf("%s: %s", query, r.Body)
		}
	}
	// A browser sees its own user's.
	for user, status := range map[string]int{"ada": http.StatusOK, "bob": http.StatusNotFound} {
		ctok := w.connectToken(t, user, "")
		g.do(t, http.MethodGet, "/v1/connect/-/action_runs/"+run, "", "Authorization", "Bearer "+ctok).is(t, status)
		g.do(t, http.MethodPost, "/v1/connect/-/action_runs/"+run+"/cancel", "", "Authorization", "Bearer "+ctok).is(t, max(status, http.StatusConflict*min(1, http.StatusNotFound-status)))
		if n := g.do(t, http.MethodGet, "/v1/connect/-/action_runs", "", "Authorization", "Bearer "+ctok).is(t, http.StatusOK).at(t, "page_info", "total_count"); (n != 0.0) != (user == "ada") {
			t.Error(user, n)
		}
	}
}

// A key has its run done once, whoever comes again and when: the same answer for
// the same body, a conflict for another.
func TestActionRunOnce(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	before := g.app.count()
	first := w.call(t, http.MethodPost, runPath, contact("ada", id, "Grace"), "Idempotency-Key", "k").is(t, http.StatusOK)
	again := w.call(t, http.MethodPost, runPath, contact("ada", id, "Grace"), "Idempotency-Key", "k").is(t, http.StatusOK)
	if again.Body != first.Body || again.Header.Get("Idempotency-Replayed") != "true" || first.Header.Get("Idempotency-Replayed") != "" || g.app.count() != before+1 {
		t.Error(again.Body, first.Body, g.app.count()-before)
	}
	w.call(t, http.MethodPost, runPath, contact("ada", id, "Ada"), "Idempotency-Key", "k").refused(t, http.StatusConflict, "idempotency_key_reused")
	// What failed is not done again either.
	for range 2 {
		r := w.call(t, http.MethodPost, runPath, strings.Replace(contact("ada", id, "x"), `"name"`, `"email":"nowhere","name"`, 1), "Idempotency-Key", "k2").is(t, http.StatusOK)
		if r.text(t, "error", "attribution", "origin") != "app" {
			t.Error(r.Body)
		}
	}
	if g.app.count() != before+2 {
		t.Error("a failed run was done again")
	}
	// What was refused was not begun, and used nothing up.
	w.call(t, http.MethodPost, runPath, contact("bob", id, "x"), "Idempotency-Key", "k3").refused(t, http.StatusNotFound, "account_not_found")
	w.call(t, http.MethodPost, runPath, contact("ada", id, "x"), "Idempotency-Key", "k3").is(t, http.StatusOK)
	// Of another tenant, or a browser's, it is another key.
	s := g.stranger()
	other := s.call(t, http.MethodPost, runPath, contact("ada", s.account(t, "ada"), "Grace"), "Idempotency-Key", "k").is(t, http.StatusOK)
	browser := g.do(t, http.MethodPost, "/v1/connect/-/actions/run", contact("ada", id, "Grace"), "Authorization", "Bearer "+w.connectToken(t, "ada", ""), "Idempotency-Key", "k").is(t, http.StatusOK)
	if other.Header.Get("Idempotency-Replayed") != "" || browser.Header.Get("Idempotency-Replayed") != "" {
		t.Error("a key is good for others")
	}
	// Many at once.
	before = g.app.count()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			w.call(t, http.MethodPost, runPath, contact("ada", id, "Crowd"), "Idempotency-Key", "crowd").is(t, http.StatusOK)
		})
	}
	all.Wait()
	if n := g.app.count() - before; n != 1 {
		t.Errorf("it was done %d times", n)
	}
	// After a day the key is as good as new.
	g.query(t, "UPDATE action_runs SET kept_until = now() - interval '1 second'")
	before = g.app.count()
	if r := w.call(t, http.MethodPost, runPath, contact("ada", id, "Ada"), "Idempotency-Key", "k").is(t, http.StatusOK); r.Header.Get("Idempotency-Replayed") != "" || g.app.count() != before+1 {
		t.Error(r.Body)
	}
}

// A run goes on by itself, is asked for, waited for, and stopped.
func TestActionRunInBackground(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	async := []string{"Prefer", "respond-async"}
	started := w.call(t, http.MethodPost, runPath, contact("ada", id, "Grace"), async...).is(t, http.StatusAccepted)
	if started.text(t, "status") != "queued" || started.Header.Get("Location") != started.text(t, "status_url") || started.Header.Get("Preference-Applied") != "respond-async" {
		t.Fatal(started.Body)
	}
	never := w.call(t, http.MethodPost, runPath, contact("ada", id, "Never"), async...).is(t, http.StatusAccepted).text(t, "id")
	for range 2 {
		if r := w.call(t, http.MethodPost, "/v1/connect/{p}/action_runs/"+never+"/cancel", "").is(t, http.StatusOK); r.text(t, "status") != "canceled" {
			t.Error(r.Body)
		}
	}
	bobs := w.account(t, "bob")
	orphan := w.call(t, http.MethodPost, runPath, contact("bob", bobs, "x"), async...).is(t, http.StatusAccepted).text(t, "id")
	w.call(t, http.MethodDelete, "/v1/connect/{p}/accounts/"+bobs, "").is(t, http.StatusNoContent)
	before := g.app.count()
	g.work()
	if r := w.ended(t, orphan); r.text(t, "run", "status") != "failed" || r.text(t, "outcome", "error", "attribution", "origin") != "account" {
		t.Error(r.Body)
	}
	r := w.ended(t, started.text(t, "id"))
	if r.text(t, "run", "status") != "succeeded" || r.text(t, "outcome", "ret", "name") != "Grace" || r.text(t, "outcome", "exports", "$summary") != "Added Grace" || g.app.count() != before+1 {
		t.Error(r.Body)
	}
	if r := w.ended(t, never); r.text(t, "run", "status") != "canceled" || r.text(t, "outcome", "error", "name") != "Canceled" {
		t.Error(r.Body)
	}
	w.call(t, http.MethodPost, "/v1/connect/{p}/action_runs/"+started.text(t, "id")+"/cancel", "").refused(t, http.StatusConflict, "run_over")
	if r := w.call(t, http.MethodPost, runPath, contact("ada", id, "Quick"), "Prefer", "respond-async, wait=30", "Idempotency-Key", "q").is(t, http.StatusOK); r.text(t, "ret", "name") != "Quick" {
		t.Error(r.Body)
	}
	again := w.call(t, http.MethodPost, runPath, contact("ada", id, "Quick"), append(async, "Idempotency-Key", "q")...).is(t, http.StatusOK)
	if again.Header.Get("Idempotency-Replayed") != "true" {
		t.Error(again.Body)
	}
	held := g.hold("/api/contacts", `{}`, 1)
	slow := w.call(t, http.MethodPost, runPath, contact("ada", id, "Slow"), async...).is(t, http.StatusAccepted).text(t, "id")
	held.next(t)
	w.call(t, http.MethodPost, "/v1/connect/{p}/action_runs/"+slow+"/cancel", "").is(t, http.StatusOK)
	if r := w.ended(t, slow); r.text(t, "run", "status") != "canceled" || !strings.Contains(r.text(t, "outcome", "error", "message"), "not known") {
		t.Error(r.Body)
	}
	if held.n.Load() != 1 {
		t.Error("a run that was stopped was begun again")
	}
}

// A process that dies half-way leaves a run that nobody takes for done or undone:
// one that may be done twice is done again, the rest is known as unknown.
func TestChaosActionRunKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes and waits for leases")
	}
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	held := g.hold("/api/contacts", `{"data":[],"next_cursor":null}`, 1, 2, 3)
	async := []string{"Prefer", "respond-async"}
	over := func(runID string) {
		g.query(t, "UPDATE action_runs SET lease_until = now() - interval '1 second' WHERE id = $1", runID) // half a minute later
	}
	worker := g.start(t, "work")
	write := w.call(t, http.MethodPost, runPath, contact("ada", id, "Grace"), append(async, "Idempotency-Key", "w")...).is(t, http.StatusAccepted).text(t, "id")
	held.next(t)
	read := w.call(t, http.MethodPost, runPath, strings.NewReplacer("create-contact", "list-contacts", `,"name":"x"`, "").Replace(contact("ada", id, "x")), async...).is(t, http.StatusAccepted).text(t, "id")
	held.next(t)
	worker.kill(t)
	server, address := g.serve(t)
	answered := make(chan struct{})
	go func() { // a call that nobody will answer
		defer close(answered)
		req, _ := http.NewRequest(http.MethodPost, "http://"+address+strings.ReplaceAll(runPath, "{p}", w.project), strings.NewReader(contact("ada", id, "Cut")))
		for k, v := range map[string]string{"Authorization": "Bearer " + w.token, "X-Pd-Environment": w.environment, "Content-Type": "application/json", "Idempotency-Key": "cut"} {
			req.Header.Set(k, v)
		}
		res, err := (&http.Client{Timeout: long}).Do(req)
		if err == nil {
			_ = res.Body.Close()
			t.Error("a server that was killed has answered")
		}
	}()
	held.next(t)
	server.kill(t)
	<-answered
	cut := w.call(t, http.MethodGet, "/v1/connect/{p}/action_runs?status=running", "").is(t, http.StatusOK)
	for _, run := range cut.at(t, "data").([]any) {
		over(run.(map[string]any)["id"].(string))
	}
	g.start(t, "work")
	if r := w.ended(t, read); r.text(t, "run", "status") != "succeeded" {
		t.Error(r.Body)
	}
	if r := w.ended(t, write); r.text(t, "run", "status") != "unknown" || r.text(t, "outcome", "error", "name") != "UnknownOutcome" {
		t.Error(r.Body)
	}
	for key, name := range map[string]string{"w": "Grace", "cut": "Cut"} {
		soon(t, "the answer", func() bool {
			r := w.call(t, http.MethodPost, runPath, contact("ada", id, name), "Idempotency-Key", key).is(t, http.StatusOK)
			return r.text(t, "error", "name") == "UnknownOutcome" && r.Header.Get("Idempotency-Replayed") == "true"
		})
	}
	if n := held.n.Load(); n != 4 { // the three that were cut off, and the one that may be done twice
		t.Errorf("the app was asked %d times", n)
	}
}
