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
	trigger := w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"http-new-requests","external_user_id":"ada"}`).is(t, http.StatusOK).text(t, "data", "id")
	workflow, _ := w.workflow(t, "name: Hook\ntriggers: [{type: http}]\nsteps: [{name: go, type: filter, if: '{{ true }}'}]")
	one, two := w.account(t, "ada"), w.account(t, "bob")
	for name, tt := range map[string]struct {
		list  string // where it is read; "" = at path
		path  string
		at    []any // where the answer says when it was changed
		first string
		then  string
		kept  string
	}{
		"verification of users": {"", "/v1/connect/{p}/user_verification", []any{"updated_at"}, `{"verify_url":"http://localhost/first"}`, `{"verify_url":"http://localhost/second"}`, "/first"},
		"sign-in":               {"", "/v1/connect/{p}/mcp", []any{"updated_at"}, `{"sign_in_url":"http://localhost/first"}`, `{"sign_in_url":"http://localhost/second"}`, "/first"},
		"a trigger":             {"", "/v1/connect/{p}/deployed-triggers/" + trigger + "?external_user_id=ada", []any{"data", "changed_at"}, `{"name":"First"}`, `{"name":"Second"}`, `"First"`},
		"a trigger's requests":  {"", "/v1/connect/{p}/deployed-triggers/" + trigger + "/intake?external_user_id=ada", []any{"data", "set_at"}, `{"max_waiting":1}`, `{"max_waiting":2}`, `"max_waiting":1`},
		"a workflow's requests": {"", "/v1/projects/{p}/workflows/" + workflow + "/intake", []any{"data", "set_at"}, `{"max_waiting":1}`, `{"max_waiting":2}`, `"max_waiting":1`},
		"a variable":            {"/v1/projects/{p}/variables", "/v1/projects/{p}/variables/COLOUR?scope=environment", []any{"data", 0, "updated_at"}, `{"value":"first","secret":false}`, `{"value":"second"}`, `"first"`},
		"an alias":              {"/v1/projects/{p}/account_aliases", "/v1/projects/{p}/account_aliases/main", []any{"data", 0, "updated_at"}, `{"account_id":"` + one + `"}`, `{"account_id":"` + two + `"}`, one},
		"an instance":           {"/v1/connect/{p}/instances", "/v1/connect/{p}/users/ada/instances/" + workflow, []any{"data", 0, "updated_at"}, `{"config":{"a":1}}`, `{"config":{"a":2}}`, `"a":1`},
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
				return w.call(t, http.MethodPut, path, body)
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
