package app_test

import (
	"net/http"
	"testing"
)

// A run for a user is refused in the same words and with the same codes whichever
// way it is started: by the API, at its address, by host name. Of several accounts of
// one app none is taken by itself; the one that the call names is.
func TestWorkflowForUsers(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id, made := w.workflow(t, "name: For users\ntriggers: [{type: http, auth: oauth}]\nsteps: [{name: go, type: http_request, url: /x, account: {of: user, app: acme_crm_key}}]")
	w.connectToken(t, "bare", "")
	w.account(t, "ada")
	one, two := w.account(t, "twice"), w.account(t, "twice")
	if one == two {
		t.Fatal("one account")
	}
	foreign := w.account(t, "bob")
	tests := map[string]struct {
		user, account string
		status        int
		code          string
	}{
		"nobody":              {"", "", 400, "external_user_required"},
		"unknown":             {"nobody", "", 404, "external_user_not_found"},
		"without the account": {"bare", "", 400, "required_account_not_found"},
		"one account":         {"ada", "", 0, ""},
		"two, none chosen":    {"twice", "", 409, "account_ambiguous"},
		"two, the first":      {"twice", one, 0, ""},
		"two, the second":     {"twice", two, 0, ""},
		"somebody else's":     {"twice", foreign, 400, "account_map"},
	}
	address, host := made.text(t, "endpoint", "url"), made.text(t, "endpoint", "endpoint_id")+".workflows.localhost"
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := []string{"Authorization", "Bearer " + w.token, "X-Pd-Environment", "development", "X-Pd-External-User-Id", tt.user}
			body := `{}`
			if tt.user != "" {
				body = `{"external_user_id":"` + tt.user + `"}`
			}
			if tt.account != "" {
				header = append(header, "X-Patchbay-Account-Map", "acme_crm_key="+tt.account)
				body = `{"external_user_id":"` + tt.user + `","account_map":{"acme_crm_key":"` + tt.account + `"}}`
			}
			ways := map[string]reply{
				"the API":     w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+id+"/runs", body),
				"its address": g.do(t, http.MethodPost, address, `{}`, header...),
				"host name":   g.do(t, http.MethodPost, "/", `{}`, append([]string{"Host", host}, header...)...),
			}
			for way, r := range ways {
				if tt.code != "" {
					r.refused(t, tt.status, tt.code)
				} else if r.Status/100 != 2 {
					t.Errorf("%s: %d %s", way, r.Status, r.Body)
				}
			}
		})
	}
	g.do(t, http.MethodPost, address, `{}`, "Authorization", "Bearer "+w.token, "X-Pd-Environment", "development", "X-Pd-External-User-Id", "ada", "X-Patchbay-Account-Map", "acme_crm_key").
		refused(t, 400, "account_map")
}

// A call of the API that is sent again with its idempotency key answers with the run
// that the first one started; another call with the key is refused.
func TestStartRunOnce(t *testing.T) {
	t.Parallel()
	w := newRig(t).home
	id, _ := w.workflow(t, hook("oauth"))
	start := func(body string) reply {
		return w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+id+"/runs", body, "Idempotency-Key", "k1")
	}
	first := start(`{"body":{"n":1}}`).is(t, http.StatusAccepted).text(t, "id")
	if again := start(`{"body":{"n":1}}`).is(t, http.StatusAccepted).text(t, "id"); again != first {
		t.Errorf("%s, want %s", again, first)
	}
	if r := start(`{"body":{"n":2}}`); r.Status/100 != 4 {
		t.Errorf("another call with the key: %d %s", r.Status, r.Body)
	}
	if got := w.run(t, first).at(t, "input", "body", "n"); got != 1.0 {
		t.Errorf("the body is %v", got)
	}
}

// A user switches a workflow on and off by a connect token, where the workflow lets
// them: for themselves alone.
func TestInstanceByConnectToken(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	open, _ := w.workflow(t, "name: Open\ntriggers: [{type: http, auth: oauth}]\nsettings: {instances: {self_service: true}}\nsteps: [{name: go, type: http_request, url: 'http://127.0.0.1:9/'}]")
	closed, _ := w.workflow(t, hook("oauth"))
	ctok := w.connectToken(t, "ada", "")
	as := func(method, path, body string) reply {
		return g.do(t, method, "/v1/connect/-"+path, body, "Authorization", "Bearer "+ctok)
	}
	as(http.MethodPut, "/users/ada/instances/"+open, `{"active":false}`).is(t, http.StatusOK)
	as(http.MethodPut, "/users/ada/instances/"+closed, `{}`).refused(t, http.StatusForbidden, "instance_not_self_service")
	as(http.MethodPut, "/users/bob/instances/"+open, `{}`).refused(t, http.StatusForbidden, "other_user")
	w.call(t, http.MethodPut, "/v1/connect/{p}/users/bob/instances/"+open, `{}`).is(t, http.StatusOK)
	if r := as(http.MethodGet, "/instances", "").is(t, http.StatusOK); len(r.at(t, "data").([]any)) != 1 || r.text(t, "data", 0, "external_user_id") != "ada" {
		t.Errorf("%s", r.Body)
	}
	start := func() reply {
		return w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+open+"/runs", `{"external_user_id":"ada"}`)
	}
	start().refused(t, http.StatusConflict, "instance_off")
	as(http.MethodPut, "/users/ada/instances/"+open, `{"active":true}`).is(t, http.StatusOK)
	start().is(t, http.StatusAccepted)
}
