package app_test

import (
	"net/http"
	"testing"
)

// Credentials are shown to those with the scope of their own alone, and the log
// says to whom, from where and by which request.
func TestCredentialsAreGuarded(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	paths := []string{"/v1/connect/{p}/accounts/" + id, "/v1/connect/{p}/accounts", "/v1/connect/{p}/users/ada/accounts"}
	few := *w
	few.token = w.scoped("connect:*")
	for _, path := range paths {
		few.call(t, http.MethodGet, path+"?include_credentials=true", "").refused(t, http.StatusForbidden, "credentials_scope")
		few.call(t, http.MethodGet, path, "").is(t, http.StatusOK)
	}
	log := func() reply {
		return w.call(t, http.MethodGet, "/v1/audit_log?action=account.credentials_read&subject="+id, "").is(t, http.StatusOK)
	}
	if r := log(); r.at(t, "page_info", "total_count") != 0.0 {
		t.Fatalf("a read that was refused is in the log: %s", r.Body)
	}
	few.token = w.scoped("connect:accounts:read credentials:read")
	for _, path := range paths {
		few.call(t, http.MethodGet, path+"?include_credentials=true", "").is(t, http.StatusOK)
	}
	r := log()
	if r.at(t, "page_info", "total_count") != 3.0 || r.at(t, "data", 0, "actor", "id") != w.client || r.at(t, "data", 0, "actor", "kind") != "client" ||
		r.at(t, "data", 0, "actor", "name") != "server" || r.at(t, "data", 0, "actor", "address") != "127.0.0.1" || r.at(t, "data", 0, "external_user_id") != "ada" ||
		r.at(t, "data", 0, "project_id") != w.project || r.text(t, "data", 0, "request_id") == "" {
		t.Fatal(r.Body)
	}
}

// What is deleted and changed is in the log, under whoever did it.
func TestAuditLog(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Logged")
	w.account(t, "ada")
	own := w.account(t, "grace")
	g.do(t, http.MethodDelete, "/v1/connect/accounts/"+own, "", "Authorization", "Bearer "+w.connectToken(t, "grace", "")).is(t, http.StatusNoContent)
	w.call(t, http.MethodDelete, "/v1/connect/{p}/users/ada", "").is(t, http.StatusNoContent)
	o := w.call(t, http.MethodPost, "/v1/connect/{p}/oauth_apps", `{"app":"google_sheets","client_id":"id","client_secret":"s3cr3t-s"}`).is(t, http.StatusCreated).text(t, "id")
	w.call(t, http.MethodPut, "/v1/connect/{p}/oauth_apps/"+o, `{"name":"Sheets"}`).is(t, http.StatusOK)
	w.call(t, http.MethodDelete, "/v1/connect/{p}/oauth_apps/"+o, "").is(t, http.StatusNoContent)
	r := w.call(t, http.MethodGet, "/v1/audit_log?project_id={p}", "").is(t, http.StatusOK)
	want := []string{"oauth_app.deleted", "oauth_app.changed", "oauth_app.created", "user.deleted", "account.deleted", "account.deleted"}
	for i, action := range want {
		if r.text(t, "data", i, "action") != action {
			t.Fatalf("line %d is not %s: %s", i, action, r.Body)
		}
	}
	if r.at(t, "data", 5, "actor", "kind") != "connect_token" || r.at(t, "data", 5, "actor", "name") != "grace" || r.at(t, "data", 5, "subject") != own {
		t.Fatal(r.Body)
	}
	c := w.call(t, http.MethodPost, "/v1/clients", `{"name":"CI"}`).is(t, http.StatusCreated).text(t, "id")
	w.call(t, http.MethodDelete, "/v1/clients/"+c, "").is(t, http.StatusNoContent)
	if r := w.call(t, http.MethodGet, "/v1/audit_log?subject="+c, "").is(t, http.StatusOK); r.at(t, "page_info", "total_count") != 2.0 || r.at(t, "data", 0, "project_id") != nil {
		t.Fatal(r.Body)
	}
}
