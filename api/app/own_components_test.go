package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/bundle"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// ownOperation is an action of the workspace's own: it adds a contact.
func ownOperation(version string) string {
	return `schema: operation/v1
type: action
name: Add Somebody
description: Add somebody to the contacts, as we do it.
version: ` + version + `
effect: {read_only: false, destructive: false, idempotent: false}
props: [{name: name, type: string, label: Name}]
request: {post: /api/contacts, json: {name: '{{ props.name }}', company: Ours ` + version + `}}
summary: Added {{ body.name }}
examples:
  - name: a contact
    props: {name: Ada}
    calls: [{method: POST, url: /api/contacts, json: {name: Ada, company: Ours ` + version + `}, answer: {status: 201, json: {id: con_1, name: Ada}}}]
    returns: {id: con_1, name: Ada}
    summary: Added Ada
sources: [{about: everything, url: 'https://crm.example.com/docs'}]
`
}

// ownTrigger is a trigger of the workspace's own.
func ownTrigger(version string) string {
	return `schema: operation/v1
type: trigger
name: Somebody New
description: Emit an event for each contact that is added.
version: ` + version + `
poll: {request: {get: /api/contacts}, items: '{{ body.data }}'}
emit: {id: '{{ item.id }}', summary: 'By ` + version + `: {{ item.name }}', event: {by: ` + version + `, name: '{{ item.name }}'}}
sample: {by: 0.1.0, name: Ada}
examples:
  - name: one contact
    calls: [{url: /api/contacts, answer: {json: {data: [{id: con_1, name: Ada}]}}}]
    emits: [{id: con_1, summary: 'By ` + version + `: Ada'}]
sources: [{about: everything, url: 'https://crm.example.com/docs'}]
`
}

// operation uploads an operation file of Acme CRM.
func (w *workspace) operation(t *testing.T, name, source string) reply {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"app": "acme_crm_key", "source": source})
	return w.call(t, http.MethodPut, "/v1/private_components/"+name, string(body))
}

// An action of a workspace's own stands in its lists and is run for its users, in
// the version that is asked for; nobody else has it, and none that ships is hidden
// by it.
func TestOwnAction(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, s := g.home, g.stranger()
	w.operation(t, "acme-crm-key-create-contact", ownOperation("0.1.0")).is(t, http.StatusOK)
	w.operation(t, "acme-crm-key-create-contact", ownOperation("0.2.0")).is(t, http.StatusOK)
	const key = "~/acme-crm-key-create-contact"
	account := w.account(t, "ada")
	run := func(id, version string) reply {
		return w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", fmt.Sprintf(`{"id":%q,"version":%s,"external_user_id":"ada","configured_props":{"acme_crm_key":{"authProvisionId":%q},"name":"Grace"}}`, id, version, account))
	}
	for _, x := range []struct{ id, version, company string }{{key, "null", "Ours 0.2.0"}, {key, `"0.1.0"`, "Ours 0.1.0"}, {"acme-crm-key-create-contact", "null", ""}} {
		if r := run(x.id, x.version).is(t, http.StatusOK); r.text(t, "ret", "name") != "Grace" || r.at(t, "ret", "company") != x.company {
			t.Errorf("%s %s: %s", x.id, x.version, r.Body)
		}
	}
	run(key, `"0.3.0"`).refused(t, http.StatusNotFound, "component_version_not_found")

	listed := func(w *workspace, query string) string {
		return w.call(t, http.MethodGet, "/v1/connect/{p}/actions?app=acme_crm_key&"+query, "").is(t, http.StatusOK).Body
	}
	if got := listed(w, "registry=private"); strings.Count(got, `"key":`) != 1 || !strings.Contains(got, `"key":"`+key+`"`) || !strings.Contains(got, `"version":"0.2.0"`) || !strings.Contains(got, `"registry":"private"`) {
		t.Error(got)
	}
	if got := listed(w, "registry=public"); strings.Contains(got, "~/") || !strings.Contains(got, `"acme-crm-key-create-contact"`) {
		t.Error(got)
	}
	if got := listed(w, ""); !strings.Contains(got, `"`+key+`"`) || !strings.Contains(got, `"acme-crm-key-create-contact"`) {
		t.Error(got)
	}
	if got := listed(s, ""); strings.Contains(got, "~/") {
		t.Error(got)
	}
	at := "/v1/connect/{p}/components/~%2Facme-crm-key-create-contact"
	if r := w.call(t, http.MethodGet, at+"?version=0.1.0", "").is(t, http.StatusOK); r.text(t, "data", "version") != "0.1.0" {
		t.Error(r.Body)
	}
	s.call(t, http.MethodGet, at, "").refused(t, http.StatusNotFound, "component_not_found")
	s.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"`+key+`","external_user_id":"ada"}`).refused(t, http.StatusNotFound, "component_not_found")
}

// A trigger goes on with the version that it was deployed with, is not taken away
// from under its user by accident, and goes on with what is left if it is.
func TestOwnTrigger(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	w.operation(t, "somebody", ownTrigger("0.1.0")).is(t, http.StatusOK)
	account := w.account(t, "ada")
	r := w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"~/somebody","external_user_id":"ada","configured_props":{"acme_crm_key":{"authProvisionId":"`+account+`"}}}`).is(t, http.StatusOK)
	id := r.text(t, "data", "id")
	w.looked(t, id, "the first look", hasLooked)
	w.operation(t, "somebody", ownTrigger("0.2.0")).is(t, http.StatusOK)
	emits := func(by string) {
		t.Helper()
		w.act(t, "create-contact", "ada", account, `"name":"By `+by+`"`).is(t, http.StatusOK)
		g.query(t, "UPDATE trigger_sources SET due_at = now() - interval '1 minute'")
		soon(t, "an event by "+by, func() bool {
			got := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?external_user_id=ada", "").is(t, http.StatusOK).Body
			return strings.Contains(got, `{"by":"`+by+`","name":"By `+by+`"}`)
		})
	}
	emits("0.1.0")
	w.call(t, http.MethodDelete, "/v1/private_components/somebody?version=0.1.0", "").refused(t, http.StatusConflict, "component_in_use")
	w.call(t, http.MethodDelete, "/v1/private_components/somebody", "").refused(t, http.StatusConflict, "component_in_use")
	if r := w.call(t, http.MethodGet, "/v1/private_components", "").is(t, http.StatusOK); r.at(t, "data", 0, "triggers") != 1.0 || r.text(t, "data", 0, "version") != "0.2.0" {
		t.Error(r.Body)
	}
	w.call(t, http.MethodDelete, "/v1/private_components/somebody?version=0.1.0&force=true", "").is(t, http.StatusNoContent)
	emits("0.2.0")
}

// packageOf packs a package of one module, which is an action unless it is given.
func packageOf(name, module string) string {
	dir, err := os.MkdirTemp("", "package")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if module == "" {
		module = fmt.Sprintf(`export default {key: %q, name: "Say", description: "Says it.", version: "0.0.1", type: "action",
			props: {text: {type: "string", label: "Text"}}, run({ $ }) { $.export("$summary", "Said it"); return "You said " + this.text }}`, name+"-say")
	}
	for file, text := range map[string]string{"package.json": fmt.Sprintf(`{"name": %q, "version": "1.0.0", "private": true}`, name), "index.mjs": module} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			panic(err)
		}
	}
	var out strings.Builder
	if err := bundle.Pack(dir, &out); err != nil {
		panic(err)
	}
	return out.String()
}

// A package is installed by one process and its component run by another, which has
// never seen it; nobody else has it.
func TestOwnCode(t *testing.T) {
	t.Parallel()
	g := newRig(t, sandboxed(t))
	w, s := g.home, g.stranger()
	w.call(t, http.MethodPost, "/v1/component_packages", packageOf("ours", ""), "Content-Type", "application/octet-stream").is(t, http.StatusOK)
	run := func(w *workspace, base string) reply {
		return w.g.do(t, http.MethodPost, base+"/v1/connect/"+w.project+"/actions/run", `{"id":"~/ours-say","external_user_id":"ada","configured_props":{"text":"hello"}}`, "Authorization", "Bearer "+w.token, "X-Pd-Environment", "development")
	}
	beside := g.beside(t, func(c *app.Config) { c.ComponentDir = componentDir(t) })
	for _, base := range []string{g.api, beside} {
		if r := run(w, base).is(t, http.StatusOK); r.text(t, "ret") != "You said hello" || r.text(t, "exports", "$summary") != "Said it" {
			t.Error(r.Body)
		}
	}
	run(s, g.api).refused(t, http.StatusNotFound, "component_not_found")
	s.call(t, http.MethodDelete, "/v1/component_packages/ours", "").refused(t, http.StatusNotFound, "package_not_found")
	w.call(t, http.MethodDelete, "/v1/component_packages/ours", "").is(t, http.StatusNoContent)
	run(w, g.api).refused(t, http.StatusNotFound, "component_not_found")
}

// sandboxed lets code run where it can be kept in by nothing better.
func sandboxed(t *testing.T) func(*app.Config) {
	t.Helper()
	if _, err := runner.FindRuntime(t.Context(), "", ""); err != nil {
		t.Skipf("components that are code need Node.js: %v", err)
	}
	return func(c *app.Config) {
		if tier := sandbox.Detect(t.Context()).Tier; tier == sandbox.Plain {
			c.Sandbox = string(tier)
		}
	}
}
