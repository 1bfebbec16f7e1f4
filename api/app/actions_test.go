package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/demo"
)

// act runs an action of Acme CRM with an account.
func (w *workspace) act(t *testing.T, name, user, accountID, props string) reply {
	t.Helper()
	if props != "" {
		props = "," + props
	}
	return w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run",
		fmt.Sprintf(`{"id":"acme-crm-key-%s","external_user_id":%q,"configured_props":{"acme_crm_key":{"authProvisionId":%q}%s}}`, name, user, accountID, props))
}

// A user's form is filled in with what the app offers, the action is run, and the
// app has done it.
func TestActionStory(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	made := w.act(t, "create-contact", "ada", id, `"name":"Grace Hopper","company":"Navy"`).is(t, http.StatusOK)
	contact := made.text(t, "ret", "id")
	asked := w.call(t, http.MethodPost, "/v1/connect/{p}/actions/configure",
		`{"id":"acme-crm-key-add-note","external_user_id":"ada","prop_name":"contact_id","query":"grace","configured_props":{"acme_crm_key":{"authProvisionId":"`+id+`"}}}`).is(t, http.StatusOK)
	if asked.text(t, "options", 0, "value") != contact || asked.text(t, "options", 0, "label") != "Grace Hopper, Navy" {
		t.Fatal(asked.Body)
	}
	// A browser fills in what it chose, beside its label.
	noted := w.act(t, "add-note", "ada", id, `"contact_id":{"__lv":{"label":"Grace","value":"`+contact+`"}},"text":"Called back"`).is(t, http.StatusOK)
	if noted.text(t, "ret", "contact_id") != contact || noted.text(t, "exports", "$summary") != "Wrote a note" {
		t.Fatal(noted.Body)
	}
	listed := w.act(t, "list-contacts", "ada", id, `"limit":"1"`).is(t, http.StatusOK)
	if listed.text(t, "ret", 0, "id") != contact || strings.Contains(listed.Body, demo.DemoKey) {
		t.Fatal(listed.Body)
	}
}

// What fails on the way is told with status 200, for a client repeats what was
// answered with 5xx; what was never begun is refused.
func TestActionFailures(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	r := w.act(t, "create-contact", "ada", id, `"name":"Grace","email":"nowhere"`).is(t, http.StatusOK)
	if r.text(t, "error", "message") != "email must be an e-mail address" || r.text(t, "error", "attribution", "origin") != "app" || !strings.Contains(r.Body, `"k":"error"`) || !strings.Contains(r.Body, `"ret":null`) {
		t.Error(r.Body)
	}
	for _, x := range []struct {
		status int
		origin string
	}{{500, "app"}, {429, "app"}, {200, "account"}} { // after the 429 the app is left alone for a while
		g.acme.SetFaults(demo.Faults{APIStatus: x.status})
		r := w.act(t, "create-contact", "ada", id, `"name":"Grace"`).is(t, http.StatusOK)
		if r.text(t, "error", "attribution", "origin") != x.origin {
			t.Errorf("%d: %s", x.status, r.Body)
		}
	}
	g.acme.SetFaults(demo.Faults{})
	w.act(t, "no-such-thing", "ada", id, "").refused(t, http.StatusNotFound, "component_not_found")
	w.act(t, "new-contact", "ada", id, "").refused(t, http.StatusNotFound, "component_not_found")
	w.act(t, "create-contact", "bob", id, `"name":"Grace"`).refused(t, http.StatusNotFound, "account_not_found")
	w.act(t, "create-contact", "ada", g.stranger().account(t, "ada"), `"name":"Grace"`).refused(t, http.StatusNotFound, "account_not_found")
	w.act(t, "list-contacts", "ada", id, `"limit":0`).refused(t, http.StatusBadRequest, "configured_props")
	w.act(t, "list-contacts", "ada", id, `"limit":"many"`).refused(t, http.StatusBadRequest, "configured_props")
	w.act(t, "create-contact", "ada", id, `"name":{"first":"Grace"}`).refused(t, http.StatusBadRequest, "configured_props")
	other := w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"slack-send-message","external_user_id":"ada","configured_props":{"slack":{"authProvisionId":"`+id+`"},"channel":"C1","text":"x"}}`)
	other.refused(t, http.StatusBadRequest, "account_of_other_app")
	w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"acme-crm-key-list-contacts","external_user_id":"ada","version":"9.9.9"}`).refused(t, http.StatusNotFound, "component_version_not_found")
	w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"acme-crm-key-list-contacts","external_user_id":"ada","dynamic_props_id":"dyp_1"}`).refused(t, http.StatusNotFound, "dynamic_props_not_found")
}

// A form whose options cannot be had is told why, and stays a form.
func TestOptionsThatFail(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	g.acme.SetFaults(demo.Faults{APIStatus: 503})
	r := w.call(t, http.MethodPost, "/v1/connect/{p}/components/configure",
		`{"id":"acme-crm-key-add-note","external_user_id":"ada","prop_name":"contact_id","configured_props":{"acme_crm_key":{"authProvisionId":"`+id+`"}}}`).is(t, http.StatusOK)
	if r.text(t, "errors", 0) == "" || !strings.Contains(r.Body, `"options":null`) {
		t.Error(r.Body)
	}
	w.call(t, http.MethodPost, "/v1/connect/{p}/components/configure",
		`{"id":"acme-crm-key-add-note","external_user_id":"ada","prop_name":"nothing"}`).refused(t, http.StatusBadRequest, "prop_not_found")
}
