package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// hook deploys the trigger for changed contacts of Acme CRM.
func (w *workspace) hook(t *testing.T, user, accountID, more string) reply {
	t.Helper()
	return w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy",
		fmt.Sprintf(`{"id":"acme-crm-key-contact-changed","external_user_id":%q,"configured_props":{"acme_crm_key":{"authProvisionId":%q}}%s}`, user, accountID, more))
}

// crmHooks are the webhooks that Acme CRM has, by id.
func (g *rig) crmHooks(t *testing.T) map[string]string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.config.DemoURL+"/api/webhooks", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Acme-Key", demo.DemoKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, _ := io.ReadAll(res.Body)
	var list struct {
		Data []struct{ ID, URL string }
	}
	if err := json.Unmarshal(raw, &list); err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(string(raw), err)
	}
	out := map[string]string{}
	for _, h := range list.Data {
		out[h.ID] = h.URL
	}
	return out
}

func (w *workspace) emitted(t *testing.T, id string) string {
	t.Helper()
	return w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?external_user_id=ada", "").is(t, http.StatusOK).Body
}

// A trigger that has the app call it is told of what changes there, by requests
// whose signatures it checks; tells its webhook; and leaves nothing at the app
// when it is paused or deleted.
func TestHookStory(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	builder := testkit.NewReceiver(t)
	account := w.account(t, "ada")
	r := w.hook(t, "ada", account, `,"webhook_url":"`+builder.URL+`"`).is(t, http.StatusOK)
	id := r.text(t, "data", "id")
	hooks := g.crmHooks(t)
	if r.text(t, "data", "type") != "DeployedComponent" || len(hooks) != 1 {
		t.Fatal(r.Body, hooks)
	}
	w.act(t, "create-contact", "ada", account, `"name":"Grace Hopper"`).is(t, http.StatusOK)
	soon(t, "the webhook of the builder", func() bool { return len(builder.Calls()) == 1 })
	if c := builder.Calls()[0]; !strings.Contains(c.Body, `"contact.created"`) || !strings.Contains(c.Body, "Grace Hopper") || c.Header.Get("X-Pd-Emitter-Id") != id {
		t.Fatalf("%s %v", c.Body, c.Header)
	}
	var at string
	for _, url := range hooks {
		at = url
	}
	forged := g.do(t, http.MethodPost, at, `{"id":"evt_forged","type":"contact.created","data":{"name":"Mallory"}}`, "X-Acme-Signature", "t=1,v1=00")
	forged.is(t, http.StatusUnauthorized)
	if got := w.emitted(t, id); strings.Count(got, `"k":"emit"`) != 1 {
		t.Fatal(got)
	}

	own := `{"acme_crm_key":{"authProvisionId":"` + account + `"}}`
	w.call(t, http.MethodPut, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", `{"configured_props":`+own+`}`).is(t, http.StatusOK)
	again := g.crmHooks(t)
	if len(again) != 1 || fmt.Sprint(again) == fmt.Sprint(hooks) {
		t.Fatalf("one webhook was to take the place of the other: %v, %v", hooks, again)
	}
	w.act(t, "create-contact", "ada", account, `"name":"Alan Turing"`).is(t, http.StatusOK)
	soon(t, "what the new webhook tells", func() bool { return strings.Contains(w.emitted(t, id), "Alan Turing") })

	at2 := "/v1/connect/{p}/deployed-triggers/" + id + "?external_user_id=ada"
	w.call(t, http.MethodPut, at2, `{"active":false}`).is(t, http.StatusOK)
	if left := g.crmHooks(t); len(left) != 0 {
		t.Fatalf("a paused trigger has %v", left)
	}
	w.call(t, http.MethodPut, at2, `{"active":true}`).is(t, http.StatusOK)
	if left := g.crmHooks(t); len(left) != 1 {
		t.Fatalf("a resumed trigger has %v", left)
	}
	w.call(t, http.MethodDelete, at2, "").is(t, http.StatusNoContent)
	if left := g.crmHooks(t); len(left) != 0 {
		t.Fatalf("a deleted trigger has %v", left)
	}
	g.do(t, http.MethodPost, at, `{}`).is(t, http.StatusNotFound)
}

// What the app refuses is no trigger, and leaves nothing; a change that it
// refuses is none.
func TestHookRefused(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	account := w.account(t, "ada")
	g.acme.SetFaults(demo.Faults{APIStatus: http.StatusForbidden})
	w.hook(t, "ada", account, "").refused(t, http.StatusBadRequest, "hook_failed")
	listed := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers?external_user_id=ada", "").is(t, http.StatusOK)
	if !strings.Contains(listed.Body, `"data":[]`) {
		t.Fatal(listed.Body)
	}
	g.acme.SetFaults(demo.Faults{})
	id := w.hook(t, "ada", account, "").is(t, http.StatusOK).text(t, "data", "id")
	before := g.crmHooks(t)
	at := "/v1/connect/{p}/deployed-triggers/" + id + "?external_user_id=ada"
	g.acme.SetFaults(demo.Faults{APIStatus: http.StatusForbidden})
	w.call(t, http.MethodPut, at, `{"active":false}`).refused(t, http.StatusBadRequest, "hook_failed")
	w.call(t, http.MethodDelete, at, "").refused(t, http.StatusBadRequest, "hook_failed")
	if r := w.call(t, http.MethodGet, at, "").is(t, http.StatusOK); r.at(t, "data", "active") != true {
		t.Fatal(r.Body)
	}
	w.call(t, http.MethodDelete, at+"&ignore_hook_errors=true", "").is(t, http.StatusNoContent)
	w.call(t, http.MethodGet, at, "").refused(t, http.StatusNotFound, "trigger_not_found")
	g.acme.SetFaults(demo.Faults{})
	if left := g.crmHooks(t); fmt.Sprint(left) != fmt.Sprint(before) {
		t.Fatalf("%v, %v", before, left)
	}
}
