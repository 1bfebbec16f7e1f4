package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// createAccount asks for an account of Acme's key app with the fields.
func (w *workspace) createAccount(t *testing.T, bearer, ctok, fields, more string) reply {
	t.Helper()
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	body := `{"app_slug":"acme_crm_key","connect_token":"` + ctok + `","cfmap_json":` + string(text) + more + `}`
	return w.g.do(t, http.MethodPost, "/v1/connect/"+w.project+"/accounts", body, "Authorization", "Bearer "+bearer, "X-Pd-Environment", w.environment)
}

// Fields that the app does not have, lacks or cannot take are told apart, and
// what was typed is in no answer.
func TestCreateAccountRefuses(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	tests := map[string]struct{ fields, code, says string }{
		"no JSON":              {`api_key=acme_s3cret`, "cfmap_json", "JSON object"},
		"a list":               {`["acme_s3cret"]`, "cfmap_json", "JSON object"},
		"null":                 {`null`, "cfmap_json", "JSON object"},
		"two objects":          {`{"api_key":"acme_s3cret"}{}`, "cfmap_json", "JSON object"},
		"an object in a field": {`{"api_key":{"is":"acme_s3cret"}}`, "cfmap_json", "api_key"},
		"nothing":              {`{}`, "field_missing", "missing"},
		"null in a field":      {`{"api_key":null}`, "field_missing", "missing"},
		"another form":         {`{"api_key":"s3cret with spaces"}`, "field_form", "does not look right"},
		"a number":             {`{"api_key":12}`, "field_form", "does not look right"},
		"an unknown field":     {`{"api_key":"acme_s3cret","subdomain":"s3cret"}`, "field_unknown", "subdomain"},
	}
	ctok := w.connectToken(t, "ada", "")
	for name, tt := range tests {
		r := w.createAccount(t, ctok, ctok, tt.fields, "").refused(t, http.StatusBadRequest, tt.code)
		if !strings.Contains(r.text(t, "error"), tt.says) || strings.Contains(r.Body, "s3cret") {
			t.Errorf("%s: %s", name, r.Body)
		}
	}
	other := w.connectToken(t, "grace", "")
	w.createAccount(t, ctok, other, `{"api_key":"acme_demo_key_ada"}`, "").refused(t, http.StatusForbidden, "other_user")
	w.createAccount(t, ctok, w.in("production").connectToken(t, "ada", ""), `{"api_key":"acme_demo_key_ada"}`, "").refused(t, http.StatusForbidden, "other_user")
	w.createAccount(t, ctok, ctok, `{"api_key":"acme_demo_key_ada"}`, `,"account_id":"apn_`+strings.Repeat("0", 26)+`"`).refused(t, http.StatusNotFound, "account_not_found")
	r := w.createAccount(t, ctok, ctok, `{"api_key":"acme_demo_key_ada"}`, `,"name":"Ada's key"`).is(t, http.StatusOK)
	if r.at(t, "name") != "Ada's key" || r.at(t, "external_id") != "ada" {
		t.Error(r.Body)
	}
}

// Where the project asks for it, keys that the app refuses are not saved, and
// the app's own answer is told; where it does not, they are.
func TestCreateAccountTests(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Strict")
	const fields = `{"api_key":"acme_wrong_s3cret"}`
	lax := w.connectToken(t, "ada", "")
	w.createAccount(t, lax, lax, fields, "").is(t, http.StatusOK)
	w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"connect_require_key_auth_test":true}`).is(t, http.StatusOK)
	strict := w.connectToken(t, "grace", "")
	r := w.createAccount(t, strict, strict, fields, "").refused(t, http.StatusBadRequest, "test_request_failed")
	if r.at(t, "details", "upstream_status") != 401.0 || r.text(t, "details", "upstream_excerpt") == "" || strings.Contains(r.Body, "s3cret") {
		t.Fatal(r.Body)
	}
	if n := w.call(t, http.MethodGet, "/v1/connect/{p}/users/grace/accounts", "").is(t, http.StatusOK); n.Body != "[]\n" && n.Body != "[]" {
		t.Fatal(n.Body)
	}
	w.createAccount(t, strict, strict, `{"api_key":"acme_demo_key_ada"}`, "").is(t, http.StatusOK) // the token is not used up by a test that failed
}
