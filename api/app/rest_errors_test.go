package app_test

import (
	"net/http"
	"strings"
	"testing"
)

// Whatever goes wrong under /v1 is answered in JSON with {"error", "code",
// "details"}: official clients take an HTML page with a 2xx, and sometimes any
// text, for data. (The form of each answer is checked by the rig.)
func TestErrors(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	big := `{"external_user_id":"u","scope":"` + strings.Repeat("x", 1<<20) + `"}`
	tests := map[string]struct {
		method, path, body string
		header             []string
		status             int
		code, says         string
	}{
		"an unknown address":              {"GET", "/v1/nothing", "", nil, 404, "unknown_route", ""},
		"an unknown address below":        {"GET", "/v1/connect/{p}/nothing", "", nil, 404, "unknown_route", ""},
		"the root of the API":             {"GET", "/v1", "", nil, 404, "unknown_route", ""},
		"a slash at the end":              {"GET", "/v1/connect/{p}/accounts/", "", nil, 404, "unknown_route", ""},
		"a slash at the end of a POST":    {"POST", "/v1/connect/{p}/tokens/", `{"external_user_id":"u"}`, nil, 404, "unknown_route", ""},
		"another case":                    {"GET", "/v1/Connect/{p}/accounts", "", nil, 404, "unknown_route", ""},
		"the wrong method":                {"DELETE", "/v1/connect/{p}/tokens", "", nil, 405, "method_not_allowed", "method"},
		"the wrong method, no project":    {"PATCH", "/v1/connect/accounts", "", nil, 405, "method_not_allowed", "method"},
		"the wrong method for a token":    {"GET", "/v1/oauth/token", "", nil, 405, "method_not_allowed", "method"},
		"a method of nobody":              {"BREW", "/v1/connect/{p}/accounts", "", nil, 405, "method_not_allowed", "method"},
		"a body over 1 MiB":               {"POST", "/v1/connect/{p}/tokens", big, nil, 413, "body_too_large", "1048576"},
		"a YAML body over 1 MiB":          {"POST", "/v1/projects/{p}/workflows", big, []string{"Content-Type", "application/yaml"}, 413, "body_too_large", "1048576"},
		"JSON that breaks off":            {"POST", "/v1/connect/{p}/tokens", `{"external_user_id":`, nil, 400, "malformed", "complete JSON"},
		"a field of the wrong type":       {"POST", "/v1/connect/{p}/tokens", `{"external_user_id":{}}`, nil, 400, "malformed", "external_user_id"},
		"a field that is missing":         {"POST", "/v1/connect/{p}/tokens", `{}`, nil, 400, "malformed", "external_user_id"},
		"a field deep down":               {"POST", "/v1/projects/{p}/workflows", strings.Replace(definition, `"answer"`, `"An Swer"`, 1), nil, 400, "malformed", "steps.0.name"},
		"a content type of nobody":        {"POST", "/v1/connect/{p}/tokens", `{"external_user_id":"u"}`, []string{"Content-Type", "text/html"}, 400, "malformed", "Content-Type"},
		"an id that holds a slash":        {"DELETE", "/v1/connect/{p}/users/a%2Fb", "", nil, 404, "user_not_found", ""},
		"a user who is not UTF-8":         {"DELETE", "/v1/connect/{p}/users/%ff", "", nil, 400, "text", ""},
		"a token that is no bearer":       {"GET", "/v1/connect/{p}/accounts", "", []string{"Authorization", "Basic eDp5"}, 401, "unauthenticated", "bearer"},
		"an environment of nobody":        {"GET", "/v1/connect/{p}/accounts", "", []string{"X-Pd-Environment", "test"}, 400, "environment_required", "production"},
		"a project for the token's":       {"GET", "/v1/connect/-/accounts", "", nil, 404, "project_not_found", ""},
		"no project for an access token":  {"GET", "/v1/connect/accounts", "", nil, 404, "project_not_found", ""},
		"a wish for HTML only":            {"GET", "/v1/nothing", "", []string{"Accept", "text/html"}, 404, "unknown_route", ""},
		"the wish of the official client": {"GET", "/v1/nothing", "", []string{"Accept", "*/*"}, 404, "unknown_route", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := w.call(t, tt.method, tt.path, tt.body, tt.header...).refused(t, tt.status, tt.code)
			if !strings.Contains(r.text(t, "error"), tt.says) {
				t.Errorf("%q is not in %s", tt.says, r.Body)
			}
			if tt.status == http.StatusMethodNotAllowed && r.Header.Get("Allow") == "" {
				t.Error("the answer does not say which methods there are")
			}
		})
	}
}

// Clients ask for anything, say where they are from and what they can unpack.
// None of it is negotiated.
func TestAcceptIsNotNegotiated(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for _, accept := range []string{"*/*", "text/html", "application/xml;q=1", ""} {
		r := g.home.call(t, http.MethodGet, "/v1/connect/apps", "", "Accept", accept, "Sec-Fetch-Mode", "cors", "Accept-Language", "*", "Accept-Encoding", "br, gzip")
		if r.is(t, http.StatusOK).Header.Get("Content-Type") != "application/json" {
			t.Errorf("Accept: %s is answered as %s", accept, r.Header.Get("Content-Type"))
		}
	}
}

// Everything outside the API that a program may ask is JSON when it is missing,
// and the API's own addresses never show the console's page.
func TestMissingOutsideTheAPI(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for path, status := range map[string]int{
		"/v1/": 404, "/.well-known/nothing": 404, "/healthz/x": 404, "/connect/nothing": 404, "/_static/nothing.js": 404, "/e/": 404, "/e/nothing": 404,
		"/assets/missing.js": 404, "/console/api/nothing": 404, "/healthz": 200, "/readyz": 200,
	} {
		if r := g.do(t, http.MethodGet, path, ""); r.Status != status || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			t.Errorf("GET %s: %d as %s\n%s", path, r.Status, r.Header.Get("Content-Type"), r.Body)
		}
	}
}
