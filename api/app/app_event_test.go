package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// hearing is a workflow that an app's event starts; how says for whom.
func hearing(how string) string {
	return `name: Heard
triggers: [{name: contacts, type: app_event, environment: development, component: acme-crm-key-contact-changed, ` + how + `}]
steps: [{name: keep, type: respond, body: '{{ trigger.data.name }} for {{ user.id ?? "nobody" }}'}]`
}

// event is the live trigger of such a workflow.
func (w *workspace) event(t *testing.T, workflowID string) reply {
	t.Helper()
	return w.call(t, http.MethodGet, "/v1/projects/{p}/workflows/"+workflowID+"/triggers", "").is(t, http.StatusOK)
}

// started waits until a workflow has n runs, and returns their list.
func (w *workspace) started(t *testing.T, workflowID string, n int) (r reply) {
	t.Helper()
	soon(t, fmt.Sprint(n, " runs"), func() bool {
		r = w.call(t, http.MethodGet, "/v1/projects/{p}/runs?workflow_id="+workflowID, "").is(t, http.StatusOK)
		return strings.Count(r.Body, `"status":"succeeded"`) == n
	})
	return r
}

// What a workflow asks for of an app is deployed with it, starts its runs, is switched
// with it, and leaves nothing at the app when the workflow asks no more.
func TestAppEventStory(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	account := w.account(t, "ada")
	id, _ := w.workflow(t, hearing("account: {of: project, id: "+account+"}"))
	hooks := func(n int) { // whoever sees to it, the caller or a worker
		t.Helper()
		soon(t, fmt.Sprint(n, " webhooks at the app"), func() bool { return len(g.crmHooks(t)) == n })
	}
	hooks(1)
	soon(t, "the trigger", func() bool { return w.event(t, id).at(t, "data", 0, "deployed") == 1.0 })
	if live := w.event(t, id); live.at(t, "data", 0, "error") != nil || live.at(t, "data", 0, "type") != "app_event" {
		t.Fatal(live.Body)
	}
	w.act(t, "create-contact", "ada", account, `"name":"Grace Hopper"`).is(t, http.StatusOK)
	runs := w.started(t, id, 1)
	if runs.text(t, "data", 0, "trigger") != "contacts" || runs.at(t, "data", 0, "external_user_id") != nil {
		t.Error(runs.Body)
	}

	listed := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers?external_user_id=ada", "").is(t, http.StatusOK)
	of := "/v1/connect/{p}/deployed-triggers/" + listed.text(t, "data", 0, "id") + "?external_user_id=ada"
	w.call(t, http.MethodPut, of, `{"active":false}`).refused(t, http.StatusConflict, "trigger_of_workflow")
	w.call(t, http.MethodDelete, of, "").refused(t, http.StatusConflict, "trigger_of_workflow")

	w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+id+"/disable", "").is(t, http.StatusOK)
	hooks(0)
	w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+id+"/deploy", "").is(t, http.StatusOK)
	hooks(1)
	w.act(t, "create-contact", "ada", account, `"name":"Alan Turing"`).is(t, http.StatusOK)
	w.started(t, id, 2)
	w.call(t, http.MethodDelete, "/v1/projects/{p}/workflows/"+id, "").is(t, http.StatusNoContent)
	hooks(0)
}

// A component that is deployed for each user is deployed for those who come, and not
// for those who go; each run is for the one whose account it is about. Of a user with
// several accounts it is the one that their instance names, and never guessed.
func TestAppEventForEachUser(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	ada := w.account(t, "ada")
	_, eve := w.account(t, "eve"), w.account(t, "eve")
	id, _ := w.workflow(t, hearing("for_each_user: {app: acme_crm_key}, filter: '{{ trigger.data.name != \"Mallory\" }}', dedupe: {expression: '{{ trigger.data.name }}'}"))
	soon(t, "ada's, and not one of eve's", func() bool {
		live := w.event(t, id)
		said, _ := live.at(t, "data", 0, "error").(string)
		return live.at(t, "data", 0, "deployed") == 1.0 && strings.Contains(said, "eve has several accounts")
	})
	w.account(t, "bob")
	soon(t, "bob's", func() bool {
		g.query(t, "UPDATE workflow_triggers SET due_at = now() WHERE due_at < now() + interval '1 minute'") // and not while it is held
		return w.event(t, id).at(t, "data", 0, "deployed") == 2.0
	})
	for _, name := range []string{"Mallory", "Grace Hopper", "Grace Hopper"} {
		w.act(t, "create-contact", "ada", ada, `"name":"`+name+`"`).is(t, http.StatusOK)
	}
	runs := w.started(t, id, 2) // both have the same account at the app
	users := runs.text(t, "data", 0, "external_user_id") + runs.text(t, "data", 1, "external_user_id")
	if users != "adabob" && users != "bobada" {
		t.Error(runs.Body)
	}
	w.call(t, http.MethodDelete, "/v1/connect/{p}/users/bob", "").is(t, http.StatusNoContent)
	soon(t, "bob's to go", func() bool { return w.event(t, id).at(t, "data", 0, "deployed") == 1.0 })
	w.call(t, http.MethodPut, "/v1/connect/{p}/users/eve/instances/"+id, `{"active":true,"account_map":{"acme_crm_key":"`+eve+`"}}`).is(t, http.StatusOK)
	soon(t, "eve's", func() bool {
		g.query(t, "UPDATE workflow_triggers SET due_at = now() WHERE due_at < now() + interval '1 minute'")
		live := w.event(t, id)
		return live.at(t, "data", 0, "deployed") == 2.0 && live.at(t, "data", 0, "error") == nil
	})
	if of := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers?external_user_id=eve", "").is(t, http.StatusOK); !strings.Contains(of.Body, eve) {
		t.Error(of.Body)
	}
}

// An alias that is given to another account takes the workflow's trigger along.
func TestAppEventOfAlias(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	named := func(account string) {
		t.Helper()
		w.call(t, http.MethodPut, "/v1/projects/{p}/account_aliases/crm", `{"account_id":"`+account+`"}`).is(t, http.StatusOK)
	}
	deployed := func(user string, n int) func() bool {
		return func() bool {
			g.query(t, "UPDATE workflow_triggers SET due_at = now() WHERE due_at < now() + interval '1 minute'") // and not while it is held
			listed := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers?external_user_id="+user, "").is(t, http.StatusOK)
			return strings.Count(listed.Body, `"acme-crm-key-contact-changed"`) == n
		}
	}
	ada, bob := w.account(t, "ada"), w.account(t, "bob")
	named(ada)
	id, _ := w.workflow(t, "accounts: {crm: {app: acme_crm_key}}\n"+hearing("account: {of: project, alias: crm}"))
	soon(t, "ada's", deployed("ada", 1))
	w.act(t, "create-contact", "ada", ada, `"name":"Grace Hopper"`).is(t, http.StatusOK)
	w.started(t, id, 1)
	named(bob)
	soon(t, "bob's", deployed("bob", 1))
	soon(t, "ada's to go", deployed("ada", 0))
}

// A workflow that asks for another version of a component moves its trigger to it: the
// trigger keeps its id, and one subscription is left. What cannot become another kind of
// trigger is deployed anew.
func TestAppEventMoves(t *testing.T) {
	t.Parallel()
	c := newChanging(t)
	c.w.operation(t, "changed", strings.Replace(ownTrigger("0.3.0"), "Somebody New", "Contact Changed", 1)).is(t, http.StatusOK)
	c.w.call(t, http.MethodDelete, "/v1/connect/{p}/deployed-triggers/"+c.id+"?external_user_id=ada", "").is(t, http.StatusNoContent)
	asks := func(version string) string {
		return strings.Replace(hearing("external_user_id: ada, version: "+version), "acme-crm-key-contact-changed", "~/changed", 1)
	}
	id, _ := c.w.workflow(t, asks("0.1.0"))
	at := func(version string) (of string) {
		t.Helper()
		soon(t, "version "+version, func() bool {
			c.g.query(t, "UPDATE workflow_triggers SET due_at = now() WHERE due_at < now() + interval '1 minute'") // and not while it is held
			listed := c.w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers?external_user_id=ada", "").is(t, http.StatusOK)
			if strings.Count(listed.Body, `"component_version":"`+version+`"`) != 1 || strings.Count(listed.Body, `"component_version"`) != 1 {
				return false
			}
			of = listed.text(t, "data", 0, "id")
			return true
		})
		return of
	}
	c.id = at("0.1.0")
	for _, version := range []string{"0.2.0", "0.3.0"} {
		c.w.call(t, http.MethodPut, "/v1/projects/{p}/workflows/"+id, asks(version), "Content-Type", "application/yaml").is(t, http.StatusOK)
		c.w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+id+"/deploy", "").is(t, http.StatusOK)
		hooks, moves := map[string]int{"0.2.0": 1}[version], version == "0.2.0"
		if of := at(version); (of == c.id) != moves || len(c.g.crmHooks(t)) != hooks {
			t.Errorf("%s: %s was %s, %v", version, of, c.id, c.g.crmHooks(t))
		}
	}
}

// What cannot be deployed is said in the workflow's trigger, and tried again.
func TestAppEventThatCannotBe(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id, _ := w.workflow(t, strings.Replace(hearing("external_user_id: ada"), "acme-crm-key-contact-changed", "acme-crm-key-nothing", 1))
	refused := func() bool {
		live := w.event(t, id)
		return live.at(t, "data", 0, "deployed") == 0.0 && live.at(t, "data", 0, "error") != nil
	}
	soon(t, "what is wrong with the component", refused)
	id, _ = w.workflow(t, hearing("external_user_id: ada"))
	soon(t, "what is wrong with the user", refused)
	w.account(t, "ada")
	g.work()
	g.query(t, "UPDATE workflow_triggers SET due_at = now() WHERE due_at IS NOT NULL")
	soon(t, "the trigger", func() bool {
		live := w.event(t, id)
		return live.at(t, "data", 0, "deployed") == 1.0 && live.at(t, "data", 0, "error") == nil
	})
	for what, how := range map[string]string{"for nobody": "props: {}", "for two": "external_user_id: ada, for_each_user: {app: slack}", "another's account": "account: {of: user, app: slack}"} {
		if r := w.call(t, http.MethodPost, "/v1/projects/{p}/workflows", hearing(how), "Content-Type", "application/yaml"); r.Status != http.StatusBadRequest {
			t.Errorf("%s: %s", what, r.Body)
		}
	}
}

// A trigger that was deployed with workflow_id starts runs of that workflow for its
// user; which it starts can be changed, and is no connect token's to say.
func TestTriggerStartsWorkflows(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	id, _ := w.workflow(t, hearing("external_user_id: nobody, disabled: true"))
	deploy := func(workflowID, token string) reply {
		return w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"http-new-requests","external_user_id":"ada","workflow_id":"`+workflowID+`"}`, "Authorization", "Bearer "+token)
	}
	deploy("p_nothing", w.token).refused(t, http.StatusBadRequest, "workflow_id")
	other, _ := g.stranger().workflow(t, hearing("external_user_id: ada"))
	deploy(other, w.token).refused(t, http.StatusBadRequest, "workflow_id")
	deploy(id, w.connectToken(t, "ada", "")).refused(t, http.StatusForbidden, "workflow_id")
	tr := deploy(id, w.token).is(t, http.StatusOK)
	url := tr.text(t, "data", "endpoint_url")
	g.do(t, http.MethodPost, url, `{"n":1}`).is(t, http.StatusOK)
	g.do(t, http.MethodPost, url, `{"n":2}`, "X-Pd-Notrigger", "1").is(t, http.StatusOK)
	soon(t, "the run", func() bool {
		runs := w.call(t, http.MethodGet, "/v1/projects/{p}/runs?workflow_id="+id, "").is(t, http.StatusOK)
		return strings.Count(runs.Body, `"trigger":"`+tr.text(t, "data", "id")+`"`) == 1 && strings.Contains(runs.Body, `"external_user_id":"ada"`)
	})
	of := "/v1/connect/{p}/deployed-triggers/" + tr.text(t, "data", "id") + "/pipelines?external_user_id=ada"
	if r := w.call(t, http.MethodGet, of, "").is(t, http.StatusOK); r.text(t, "workflow_ids", 0) != id {
		t.Error(r.Body)
	}
	if r := w.call(t, http.MethodPut, of, `{"workflow_ids":[]}`).is(t, http.StatusOK); strings.Contains(r.Body, id) {
		t.Error(r.Body)
	}
}
