package app_test

import (
	"cmp"
	"net/http"
	"strings"
	"testing"
)

// Of two who set the same, who has not seen what the other set is told, and nothing is
// written over; who has seen nothing in particular writes in any case.
func TestChangedMeanwhile(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	deploy := func(user string) string {
		return w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"http-new-requests","external_user_id":"`+user+`"}`).is(t, http.StatusOK).text(t, "data", "id")
	}
	trigger, other, third := deploy("ada"), deploy("bob"), deploy("cid")
	workflow, _ := w.workflow(t, "name: Hook\ntriggers: [{type: http}]\nsteps: [{name: go, type: filter, if: '{{ true }}'}]")
	runs, _ := w.workflow(t, "name: Runs\ntriggers: [{type: http}]\nsteps: [{name: go, type: filter, if: '{{ true }}'}]")
	w.call(t, http.MethodPut, "/v1/projects/{p}/workflows/"+runs, `{"name":"Hook 2","triggers":[{"type":"http"}],"steps":[{"name":"go","type":"filter","if":"{{ true }}"}]}`).is(t, http.StatusOK)
	w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+runs+"/deploy", "").is(t, http.StatusOK)
	one, two := w.account(t, "ada"), w.account(t, "bob")
	for name, tt := range map[string]struct {
		list  string // where it is read; "" = at path
		path  string
		how   string // "" = PUT
		at    []any  // where the answer says when it was changed
		first string
		then  string
		kept  string
	}{
		"verification of users": {"", "/v1/connect/{p}/user_verification", "", []any{"updated_at"}, `{"verify_url":"http://localhost/first"}`, `{"verify_url":"http://localhost/second"}`, "/first"},
		"sign-in":               {"", "/v1/connect/{p}/mcp", "", []any{"updated_at"}, `{"sign_in_url":"http://localhost/first"}`, `{"sign_in_url":"http://localhost/second"}`, "/first"},
		"a trigger":             {"", "/v1/connect/{p}/deployed-triggers/" + trigger + "?external_user_id=ada", "", []any{"data", "changed_at"}, `{"name":"First"}`, `{"name":"Second"}`, `"First"`},
		"a trigger's requests":  {"", "/v1/connect/{p}/deployed-triggers/" + trigger + "/intake?external_user_id=ada", "", []any{"data", "set_at"}, `{"max_waiting":1}`, `{"max_waiting":2}`, `"max_waiting":1`},
		"a workflow's requests": {"", "/v1/projects/{p}/workflows/" + workflow + "/intake", "", []any{"data", "set_at"}, `{"max_waiting":1}`, `{"max_waiting":2}`, `"max_waiting":1`},
		"a variable":            {"/v1/projects/{p}/variables", "/v1/projects/{p}/variables/COLOUR?scope=environment", "", []any{"data", 0, "updated_at"}, `{"value":"first","secret":false}`, `{"value":"second"}`, `"first"`},
		"an alias":              {"/v1/projects/{p}/account_aliases", "/v1/projects/{p}/account_aliases/main", "", []any{"data", 0, "updated_at"}, `{"account_id":"` + one + `"}`, `{"account_id":"` + two + `"}`, one},
		"an instance":           {"/v1/connect/{p}/instances", "/v1/connect/{p}/users/ada/instances/" + workflow, "", []any{"data", 0, "updated_at"}, `{"config":{"a":1}}`, `{"config":{"a":2}}`, `"a":1`},
		"a trigger's webhooks":  {path: "/v1/connect/{p}/deployed-triggers/" + other + "/webhooks?external_user_id=bob", at: []any{"changed_at"}, first: `{"webhook_urls":["http://localhost/first"]}`, then: `{"webhook_urls":["http://localhost/second"]}`, kept: "/first"},
		"a trigger's workflows": {path: "/v1/connect/{p}/deployed-triggers/" + third + "/pipelines?external_user_id=cid", at: []any{"changed_at"}, first: `{"workflow_ids":["` + workflow + `"]}`, then: `{"workflow_ids":[]}`, kept: workflow},
		"the webhook":           {path: "/v1/connect/{p}/webhook", at: []any{"data", "changed_at"}, first: `{"url":"http://localhost/first"}`, then: `{"url":"http://localhost/second"}`, kept: "/first"},
		"the pages' host":       {path: "/v1/projects/{p}/connect_domain", at: []any{"data", "created_at"}, first: `{"host":"first.example.com"}`, then: `{"host":"second.example.com"}`, kept: "first.example.com"},
		"the pages":             {path: "/v1/projects/{p}/brand", how: http.MethodPatch, at: []any{"updated_at"}, first: `{"radius":3}`, then: `{"radius":4}`, kept: `"radius":3`},
		"the workspace":         {path: "/v1/workspace", how: http.MethodPatch, at: []any{"updated_at"}, first: `{"name":"First"}`, then: `{"name":"Second"}`, kept: `"First"`},
		"the version that runs": {"/v1/projects/{p}/workflows/" + runs, "/v1/projects/{p}/workflows/" + runs + "/running", "", []any{"updated_at"}, `{"version":1}`, `{"version":2}`, `"version":1`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := func() reply {
				return w.call(t, http.MethodGet, cmp.Or(tt.list, tt.path), "").is(t, http.StatusOK)
			}
			seen := func(r reply) string {
				at, never := r.at(t, tt.at...).(string)
				if !never {
					at = "0001-01-01T00:00:00Z"
				}
				return at
			}
			put := func(since, body string) reply {
				path := tt.path
				if since != "" {
					path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "unchanged_since=" + since
				}
				return w.call(t, cmp.Or(tt.how, http.MethodPut), path, body)
			}
			before := seen(read())
			set := put(before, tt.first).is(t, http.StatusOK)
			put(before, tt.then).refused(t, http.StatusConflict, "changed_meanwhile")
			now := read()
			if !strings.Contains(now.Body, tt.kept) || !strings.Contains(set.Body, seen(now)) {
				t.Fatal(now.Body, set.Body)
			}
			put("yesterday", tt.then).refused(t, http.StatusBadRequest, "malformed")
			put(seen(now), tt.then).is(t, http.StatusOK)
			put("", tt.first).is(t, http.StatusOK)
		})
	}
}
