package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// source deploys the trigger for new contacts of Acme CRM.
func (w *workspace) source(t *testing.T, accountID, more string) reply {
	t.Helper()
	return w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy",
		fmt.Sprintf(`{"id":"acme-crm-key-new-contact","external_user_id":"ada","configured_props":{"acme_crm_key":{"authProvisionId":%q},"timer":{"intervalSeconds":3600}}%s}`, accountID, more))
}

// looked waits until a source has looked, and returns it.
func (w *workspace) looked(t *testing.T, id, what string, ok func(reply) bool) (r reply) {
	t.Helper()
	soon(t, what, func() bool {
		r = w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", "").is(t, http.StatusOK)
		return ok(r)
	})
	return r
}

// hasLooked is a source that has looked since it was made to.
func hasLooked(r reply) bool { return !strings.Contains(r.Body, `"last_at":null`) }

// A source that is deployed finds what is new from then on, once, tells its
// webhook, outlives a time in which the app is out, and stops when it is told to.
func TestSourceStory(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	hook := testkit.NewReceiver(t)
	account := w.account(t, "ada")
	w.act(t, "create-contact", "ada", account, `"name":"Before"`).is(t, http.StatusOK)
	r := w.source(t, account, `,"emit_on_deploy":false,"webhook_url":"`+hook.URL+`"`).is(t, http.StatusOK)
	id := r.text(t, "data", "id")
	if r.text(t, "data", "type") != "DeployedComponent" || !strings.HasPrefix(id, "dc_") || r.text(t, "data", "webhook_signing_key") == "" || r.at(t, "data", "polling", "interval_seconds") != 3600.0 {
		t.Fatal(r.Body)
	}
	w.looked(t, id, "the first look", hasLooked)
	events := func() string {
		return w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?external_user_id=ada", "").is(t, http.StatusOK).Body
	}
	if got := events(); !strings.Contains(got, `"data":[]`) {
		t.Fatalf("what was there before is no news: %s", got)
	}

	w.act(t, "create-contact", "ada", account, `"name":"Grace Hopper"`).is(t, http.StatusOK)
	look := func() {
		g.query(t, "UPDATE trigger_sources SET due_at = now() - interval '1 minute', failures = 7")
		w.looked(t, id, "another look", func(r reply) bool { return r.at(t, "data", "polling", "failures") == 0.0 })
	}
	look()
	look()
	if got := events(); strings.Count(got, `"name":"Grace Hopper"`) != 1 || strings.Contains(got, "Before") {
		t.Fatalf("one event was to come of it: %s", got)
	}
	soon(t, "the webhook", func() bool { return len(hook.Calls()) == 1 })
	if c := hook.Calls()[0]; !strings.Contains(c.Body, `"name":"Grace Hopper"`) || c.Header.Get("X-Pd-Signature") == "" {
		t.Fatalf("%s %v", c.Body, c.Header)
	}

	g.acme.SetFaults(demo.Faults{APIStatus: 503})
	g.query(t, "UPDATE trigger_sources SET due_at = now() - interval '1 minute'")
	r = w.looked(t, id, "a look that fails", func(r reply) bool { return r.at(t, "data", "polling", "failures") != 0.0 })
	if r.text(t, "data", "polling", "error") == "" || r.text(t, "data", "polling", "failing_since") == "" {
		t.Error(r.Body)
	}
	g.acme.SetFaults(demo.Faults{})
	w.act(t, "create-contact", "ada", account, `"name":"Alan Turing"`).is(t, http.StatusOK)
	look()
	if got := events(); strings.Count(got, `"k":"emit"`) != 2 || !strings.Contains(got, "Alan Turing") {
		t.Fatalf("what came while the app was out: %s", got)
	}

	off := w.call(t, http.MethodPut, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", `{"active":false}`).is(t, http.StatusOK)
	if strings.Contains(off.Body, `"active":true`) {
		t.Error(off.Body)
	}
	listed := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers?external_user_id=ada", "").is(t, http.StatusOK)
	if listed.text(t, "data", 0, "id") != id {
		t.Error(listed.Body)
	}
	w.call(t, http.MethodDelete, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", "").is(t, http.StatusNoContent)
	w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", "").refused(t, http.StatusNotFound, "trigger_not_found")
}

// Who expects events of a source hears that none come, and that they are back.
func TestSourceIsSilent(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	account := w.account(t, "ada")
	id := w.source(t, account, `,"emit_on_deploy":false`).is(t, http.StatusOK).text(t, "data", "id")
	at := "/v1/connect/{p}/deployed-triggers/" + id + "/intake?external_user_id=ada"
	w.call(t, http.MethodPut, at, `{"expect_every":3600}`).is(t, http.StatusOK)
	w.call(t, http.MethodPut, at, `{"expect_every":3600,"filter":"{{ true }}"}`).refused(t, http.StatusBadRequest, "intake")
	w.looked(t, id, "the first look", hasLooked)
	told := func(kind string) func() bool {
		return func() bool {
			return g.number(t, "SELECT count(*) FROM events WHERE subject_id = $1 AND type = $2", id, kind) == 1
		}
	}
	g.query(t, "UPDATE triggers SET intake_at = now() - interval '2 hours', updated_at = now() - interval '2 hours' WHERE id = $1", id)
	soon(t, "the silence", told(event.TriggerSilent))
	if r := w.call(t, http.MethodGet, at, "").is(t, http.StatusOK); r.at(t, "data", "silent_since") == nil {
		t.Error(r.Body)
	}
	w.act(t, "create-contact", "ada", account, `"name":"Grace Hopper"`).is(t, http.StatusOK)
	w.again(t, id)
	soon(t, "that it is over", told(event.TriggerHeard))
}

// again makes a source look once more, and waits until it has.
func (w *workspace) again(t *testing.T, id string) {
	t.Helper()
	w.g.query(t, "UPDATE trigger_sources SET due_at = now() - interval '1 minute', failures = 7 WHERE id = $1", id)
	w.looked(t, id, "another look", func(r reply) bool { return r.at(t, "data", "polling", "failures") == 0.0 })
}

// number is what a query of one number comes to.
func (g *rig) number(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), g.config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if err := c.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// contacts makes contacts of names Nr 1, 2 and so on at the app, past the server.
func (g *rig) contacts(t *testing.T, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		r := g.do(t, http.MethodPost, g.config.DemoURL+"/api/contacts", fmt.Sprintf(`{"name":"Nr %d"}`, n), "X-Acme-Key", demo.DemoKey)
		r.is(t, http.StatusCreated)
	}
}

// A source asks an app that can tell only whether something has changed, misses
// nothing by it, and takes all that came since, although it is more than a page.
func TestSourceUnchanged(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.acme.SetFaults(demo.Faults{RateLimit: 10_000})
	g.work()
	w := g.home
	account := w.account(t, "ada")
	id := w.source(t, account, `,"emit_on_deploy":false`).is(t, http.StatusOK).text(t, "data", "id")
	w.looked(t, id, "the first look", hasLooked)
	looks := func() string {
		return w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/looks?external_user_id=ada", "").is(t, http.StatusOK).Body
	}
	w.again(t, id)
	w.again(t, id)
	soon(t, "two looks at what did not change", func() bool { return strings.Count(looks(), `"unchanged":true`) == 2 })
	g.contacts(t, 1, 130)
	w.again(t, id)
	soon(t, "what the look found", func() bool { return strings.Contains(looks(), `"new":130`) })
	if got := w.emitted(t, id); !strings.Contains(got, `"name":"Nr 130"`) {
		t.Error(got)
	}
	if n := w.g.number(t, "SELECT count(*) FROM events WHERE subject_id = $1 AND type = 'trigger.emitted'", id); n != 130 {
		t.Errorf("%d events of 130 contacts", n)
	}

	// What a look found that was cut off is found by the next.
	g.contacts(t, 131, 131)
	var cut atomic.Bool
	g.app.on("/api/contacts", func(rw http.ResponseWriter, r *http.Request) {
		if cut.CompareAndSwap(false, true) {
			g.query(t, "UPDATE trigger_sources SET lease_id = 'lease_other', lease_until = now() - interval '1 second', due_at = now() WHERE id = $1", id)
		}
		g.acme.Handler().ServeHTTP(rw, r)
	})
	w.again(t, id)
	soon(t, "what was lost with the look", func() bool { return cut.Load() && strings.Contains(w.emitted(t, id), `"name":"Nr 131"`) })
}

// A look whose worker died is done by another, and what was emitted is not
// emitted again; one that comes back late writes nothing.
func TestSourceLeases(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	account := w.account(t, "ada")
	w.act(t, "create-contact", "ada", account, `"name":"Grace Hopper"`).is(t, http.StatusOK)
	id := w.source(t, account, "").is(t, http.StatusOK).text(t, "data", "id")
	g.query(t, "UPDATE trigger_sources SET lease_id = 'lease_dead', lease_until = now() + interval '1 hour'")
	g.work()
	r := w.looked(t, id, "nothing", func(reply) bool { return true })
	if hasLooked(r) {
		t.Fatalf("somebody else's lease was not minded: %s", r.Body)
	}
	g.query(t, "UPDATE trigger_sources SET lease_until = now() - interval '1 second'")
	w.looked(t, id, "the look of a worker that died", hasLooked)
	got := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?external_user_id=ada", "").is(t, http.StatusOK)
	if strings.Count(got.Body, `"name":"Grace Hopper"`) != 1 {
		t.Error(got.Body)
	}
}

// What cannot be deployed is refused before anything is written.
func TestSourceRefusals(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	account := w.account(t, "ada")
	deploy := func(id, props, more string) reply {
		return w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"`+id+`","external_user_id":"ada","configured_props":`+props+more+`}`)
	}
	own := `{"acme_crm_key":{"authProvisionId":"` + account + `"}`
	deploy("acme-crm-key-new-contact", `{}`, "").refused(t, http.StatusBadRequest, "configured_props")
	deploy("acme-crm-key-new-contact", own+`,"timer":{"intervalSeconds":1}}`, "").refused(t, http.StatusBadRequest, "configured_props")
	deploy("acme-crm-key-new-contact", own+`,"timer":{"cron":"often"}}`, "").refused(t, http.StatusBadRequest, "configured_props")
	deploy("acme-crm-key-create-contact", own+`}`, "").refused(t, http.StatusNotFound, "component_not_found")
	deploy("acme-crm-key-new-contact", `{"acme_crm_key":{"authProvisionId":"`+g.stranger().account(t, "ada")+`"}}`, "").refused(t, http.StatusNotFound, "account_not_found")
	deploy("acme-crm-key-new-contact", `{"acme_crm_key":{"authProvisionId":"`+w.account(t, "bob")+`"}}`, "").refused(t, http.StatusNotFound, "account_not_found")
	deploy("slack-new-message", own+`}`, "").is(t, http.StatusBadRequest)
	if listed := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers?external_user_id=ada", "").is(t, http.StatusOK); !strings.Contains(listed.Body, `"data":[]`) {
		t.Error(listed.Body)
	}
}
