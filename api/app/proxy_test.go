package app_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/demo"
)

// through is the path of a call to target with the account.
func through(target, accountID, user string) string {
	return "/v1/connect/{p}/proxy/" + url.PathEscape(base64.StdEncoding.EncodeToString([]byte(target))) + "?external_user_id=" + user + "&account_id=" + accountID
}

// Every way in which clients write a target leads to the same place, with the
// account's credential and none of ours.
func TestProxySpellings(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	target := "/api/me?a=>>>?x" // its base64 has both letters that differ
	std, urlsafe := base64.StdEncoding.EncodeToString([]byte(target)), base64.URLEncoding.EncodeToString([]byte(target))
	query := "?external_user_id=ada&account_id=" + id
	for name, path := range map[string]string{
		"standard, padded, escaped": "/v1/connect/{p}/proxy/" + url.PathEscape(std) + query,
		"URL-safe, padded":          "/v1/connect/{p}/proxy/" + urlsafe + query,
		"URL-safe, unpadded":        "/v1/connect/{p}/proxy/" + strings.TrimRight(urlsafe, "=") + query,
		"standard, unpadded":        "/v1/connect/{p}/proxy/" + strings.TrimRight(std, "=") + query,
		"an absolute URL":           through(g.config.DemoURL+target, id, "ada"),
		"plain":                     plainly(target, id),
		"plain, absolute":           plainly(g.config.DemoURL+target, id),
		"plain, after a slash":      strings.Replace(plainly(target, id), "/proxy?", "/proxy/?", 1),
	} {
		r := w.call(t, http.MethodGet, path, "")
		if r.Status != http.StatusOK || !strings.Contains(r.Body, demo.Ada) {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
		if r.Header.Get("Content-Security-Policy") != "sandbox" || r.Header.Get("X-Ratelimit-Limit") == "" {
			t.Errorf("%s: headers %v", name, r.Header)
		}
	}
	token := w.connectToken(t, "ada", "")
	for _, path := range []string{"/v1/connect//proxy/", "/v1/connect/proxy/"} {
		r := g.do(t, http.MethodGet, path+urlsafe+"?account_id="+id, "", "Authorization", "Bearer "+token)
		if r.Status != http.StatusOK || !strings.Contains(r.Body, demo.Ada) {
			t.Errorf("%s with a connect token: %d %s", path, r.Status, r.Body)
		}
	}
}

// What may not be asked for is refused by a code of its own, and nothing is sent.
func TestProxyRefusals(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id, theirs := w.account(t, "ada"), g.stranger().account(t, "ada")
	dead := w.account(t, "ada")
	g.query(t, "UPDATE accounts SET dead = true, healthy = false WHERE id = $1", dead)
	acme := g.config.DemoURL
	user := w.connectToken(t, "grace", "")
	as := []string{"Authorization", "Bearer " + user}
	tests := map[string]struct {
		method, path string
		header       []string
		status       int
		code         string
	}{
		"a foreign host":         {"GET", through("https://evil.test/api/me", id, "ada"), nil, 400, "host_not_allowed"},
		"a host that looks like": {"GET", through(acme+"@evil.test/", id, "ada"), nil, 400, "host_not_allowed"},
		"no URL":                 {"GET", through("hello", id, "ada"), nil, 400, "proxy_url"},
		"no base64":              {"GET", "/v1/connect/{p}/proxy/%21%21?external_user_id=ada&account_id=" + id, nil, 400, "proxy_url"},
		"another user's account": {"GET", through("/api/me", id, "grace"), nil, 403, "account_of_other_user"},
		"a stranger's account":   {"GET", through("/api/me", theirs, "ada"), nil, 404, "account_not_found"},
		"no such account":        {"GET", through("/api/me", "apn_"+strings.Repeat("0", 26), "ada"), nil, 404, "account_not_found"},
		"a dead account":         {"GET", through("/api/me", dead, "ada"), nil, 409, "account_dead"},
		"another's, by a user":   {"GET", through("/api/me", id, ""), as, 404, "account_not_found"},
		"another's dead one":     {"GET", through("/api/me", dead, ""), as, 404, "account_not_found"},
		"a user for another":     {"GET", through("/api/me", id, "ada"), as, 403, "other_user"},
		"no target":              {"GET", "/v1/connect/{p}/proxy?external_user_id=ada&account_id=" + id, nil, 400, "proxy_url"},
		"a scheme of files":      {"GET", through("file:///etc/passwd", id, "ada"), nil, 400, "proxy_url"},
		"a host without scheme":  {"GET", through("//evil.test/api/me", id, "ada"), nil, 400, "proxy_url"},
		"a backslash":            {"GET", through(acme+"\\@evil.test/", id, "ada"), nil, 400, "proxy_url"},
		"a user in the URL":      {"GET", through(strings.Replace(acme, "://", "://a:b@", 1)+"/api/me", id, "ada"), nil, 400, "host_not_allowed"},
		"another port":           {"GET", through("http://127.0.0.1:1/api/me", id, "ada"), nil, 400, "host_not_allowed"},
		"another scheme":         {"GET", through(strings.Replace(acme, "http:", "https:", 1)+"/api/me", id, "ada"), nil, 400, "host_not_allowed"},
		"the metadata service":   {"GET", plainly("http://169.254.169.254/latest", id), nil, 400, "host_not_allowed"},
		"a user agent":           {"GET", through("/api/me", id, "ada"), []string{"X-Pd-Proxy-User-Agent", "x"}, 400, "restricted_header"},
		"a proxy header":         {"GET", through("/api/me", id, "ada"), []string{"X-Pd-Proxy-Proxy-Connection", "x"}, 400, "restricted_header"},
		"no account":             {"GET", through("/api/me", "", "ada"), nil, 400, "account_id_required"},
		"no user":                {"GET", through("/api/me", id, ""), nil, 400, "external_user_id_required"},
		"a cookie":               {"GET", through("/api/me", id, "ada"), []string{"X-Pd-Proxy-Cookie", "a=b"}, 400, "restricted_header"},
		"a host header":          {"GET", through("/api/me", id, "ada"), []string{"X-Pd-Proxy-Host", "evil.test"}, 400, "restricted_header"},
		"a sec header":           {"GET", through("/api/me", id, "ada"), []string{"X-Pd-Proxy-Sec-Fetch-Site", "none"}, 400, "restricted_header"},
		"a method of nobody":     {"TRACE", through("/api/me", id, "ada"), nil, 405, "method_not_allowed"},
		"no environment":         {"GET", through("/api/me", id, "ada"), []string{"X-Pd-Environment", ""}, 400, "environment_required"},
	}
	before := g.app.count()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { w.call(t, tt.method, tt.path, "", tt.header...).refused(t, tt.status, tt.code) })
	}
	if n := g.app.count(); n != before {
		t.Errorf("%d requests reached the app", n-before)
	}
	g.do(t, http.MethodGet, strings.Replace(through("/api/me", id, "ada"), "{p}", w.project, 1), "", "X-Pd-Environment", "development").refused(t, http.StatusUnauthorized, "unauthenticated")
	narrow := w.scoped("connect:accounts:read")
	g.do(t, http.MethodGet, strings.Replace(through("/api/me", id, "ada"), "{p}", w.project, 1), "", "X-Pd-Environment", "development", "Authorization", "Bearer "+narrow).refused(t, http.StatusForbidden, "permission")
}

// A call writes at the app; its body, type and prefixed headers arrive, the
// app's status and errors come back, and the caller's own token does not leave.
func TestProxyPasses(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	r := w.call(t, http.MethodPost, through("/api/contacts", id, "ada"), `{"name":"Through the proxy"}`, "X-Pd-Proxy-X-Acme-Key", "acme_not_this_one")
	if r.Status != http.StatusCreated || !strings.Contains(r.Body, "Through the proxy") {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	if got := w.call(t, http.MethodGet, through("/api/contacts/con_none", id, "ada"), ""); got.Status != http.StatusNotFound || !strings.Contains(got.Body, "not_found") {
		t.Errorf("the app's own error: %d %s", got.Status, got.Body)
	}
	if got := w.call(t, http.MethodPost, through("/api/contacts", id, "ada"), `{`); got.Status != http.StatusBadRequest || !strings.Contains(got.Body, "invalid_json") {
		t.Errorf("the app's own complaint: %d %s", got.Status, got.Body)
	}
}
