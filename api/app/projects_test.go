package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// Projects as clients know them: made, found, listed page by page, changed, given a
// logo and deleted, each answer bare; and the apps of one, also for a connect token.
func TestProjectsAsClientsKnowThem(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	const all = "/v1/connect/projects"
	made := w.call(t, http.MethodPost, all, `{"name":"Shop","app_name":"","support_email":"help@shop.test","connect_require_key_auth_test":true}`).is(t, http.StatusCreated)
	id := made.text(t, "id")
	if !strings.HasPrefix(id, "proj_") || made.at(t, "app_name") != nil || made.text(t, "support_email") != "help@shop.test" || made.at(t, "connect_require_key_auth_test") != true {
		t.Errorf("made: %s", made.Body)
	}
	if one := w.call(t, http.MethodGet, all+"/"+id, "").is(t, http.StatusOK); one.Body != made.Body {
		t.Errorf("found: %s", one.Body)
	}
	// What is absent or null stays, and what is empty is none any more.
	for body, want := range map[string][3]any{
		`{"app_name":"Acme","support_email":null}`: {"Shop", "Acme", "help@shop.test"},
	} {
		is := w.call(t, http.MethodPatch, all+"/"+id, body).is(t, http.StatusOK)
		if is.text(t, "name") != want[0] || is.at(t, "app_name") != want[1] || is.at(t, "support_email") != want[2] {
			t.Errorf("%s: %s", body, is.Body)
		}
	}
	if is := w.call(t, http.MethodPatch, all+"/"+id, `{"app_name":"","support_email":"","connect_require_key_auth_test":false}`).is(t, http.StatusOK); is.at(t, "app_name") != nil || is.at(t, "support_email") != nil || is.at(t, "connect_require_key_auth_test") != false {
		t.Errorf("emptied: %s", is.Body)
	}
	page := w.call(t, http.MethodGet, all+"?limit=1", "").is(t, http.StatusOK)
	next := w.call(t, http.MethodGet, all+"?limit=1&after="+page.text(t, "page_info", "end_cursor"), "").is(t, http.StatusOK)
	if page.at(t, "page_info", "total_count") != 2.0 || page.text(t, "data", 0, "id") == next.text(t, "data", 0, "id") {
		t.Errorf("%s, then %s", page.Body, next.Body)
	}
	if found := w.call(t, http.MethodGet, all+"?q=sHo", "").is(t, http.StatusOK); found.text(t, "data", 0, "id") != id || found.at(t, "page_info", "count") != 1.0 {
		t.Errorf("by name: %s", found.Body)
	}

	const dot = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	logo, _ := json.Marshal(map[string]string{"logo": dot})
	w.call(t, http.MethodPost, all+"/"+id+"/logo", string(logo)).is(t, http.StatusOK)
	for _, bad := range []string{`{"logo":"https://shop.test/logo.png"}`, `{"logo":"data:image/png;base64,!"}`, `{"logo":"data:text/html;base64,PGI+"}`, `{}`} {
		w.call(t, http.MethodPost, all+"/"+id+"/logo", bad).is(t, http.StatusBadRequest)
	}

	const info = `"name_slug":"acme_crm"`
	if r := w.call(t, http.MethodGet, "/v1/connect/{p}/projects/info", "").is(t, http.StatusOK); !strings.Contains(r.Body, info) || r.text(t, "apps", 0, "id") == "" {
		t.Errorf("info: %s", r.Body)
	}
	ctok := w.connectToken(t, user, "")
	if r := g.do(t, http.MethodGet, "/v1/connect/-/projects/info", "", "Authorization", "Bearer "+ctok).is(t, http.StatusOK); !strings.Contains(r.Body, info) {
		t.Errorf("info for a browser: %s", r.Body)
	}
	w.call(t, http.MethodDelete, all+"/"+id, "").is(t, http.StatusNoContent)
	w.call(t, http.MethodGet, all+"/"+id, "").refused(t, http.StatusNotFound, "project_not_found")
}
