package app_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
)

// A workspace with a list is used from its addresses alone, by sessions that were
// open before, too; whoever is refused keeps their own account and their other
// workspaces, and signing in tells nobody of the list.
func TestConsoleAddresses(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	behind := g.beside(t, func(c *app.Config) { c.TrustedProxies = "127.0.0.0/8" })
	cookie := g.session(t)
	const office, cafe, elsewhere = "203.0.113.7", "198.51.100.9", "2001:db8::9"
	from := func(address, method, path, body string) reply {
		t.Helper()
		return g.do(t, method, behind+path, body, "Cookie", cookie, "X-Forwarded-For", address, "Sec-Fetch-Site", "same-origin")
	}
	const list = "/v1/workspace/allowed_addresses"
	before := from(cafe, http.MethodGet, list, "").is(t, http.StatusOK)
	if before.text(t, "your_address") != cafe {
		t.Fatal(before.Body)
	}
	from(cafe, http.MethodPut, list, `{"addresses":["203.0.113.0/24"]}`).refused(t, http.StatusConflict, "shuts_you_out")
	from(cafe, http.MethodGet, "/v1/members", "").is(t, http.StatusOK)
	from(office, http.MethodPut, list+"?unchanged_since="+before.text(t, "updated_at"), `{"addresses":["203.0.113.0/24"]}`).is(t, http.StatusOK)
	from(office, http.MethodPut, list+"?unchanged_since="+before.text(t, "updated_at"), `{"addresses":[]}`).refused(t, http.StatusConflict, "changed_meanwhile")

	from(office, http.MethodGet, "/v1/members", "").is(t, http.StatusOK)
	for path, body := range map[string]string{
		"GET /v1/members": "", "PUT " + list: `{"addresses":[]}`, "GET /v1/projects/" + g.home.project + "/events": "", "GET /console/api/system": "", "GET /console/api/about": "",
		"PUT /console/api/workspace/sign-in": `{"require_two_factors":false}`, "POST /console/api/workspace/leave": `{}`, "POST /console/api/workspace/transfer": `{"member_id":"x"}`,
		"GET /console/api/sso": "",
	} {
		method, path, _ := strings.Cut(path, " ")
		if r := from(cafe, method, path, body); path != "/console/api/sso" || r.Status != http.StatusNotFound {
			r.refused(t, http.StatusForbidden, "address_not_allowed")
		}
	}
	if r := g.as(t, cookie, http.MethodGet, "/v1/members", nil); r.Status != http.StatusForbidden { // 127.0.0.1, of which the header is not believed
		t.Error(r.Body)
	}

	// What is the person's own, and what signing in tells.
	from(cafe, http.MethodGet, "/console/api/account", "").is(t, http.StatusOK)
	if shown := from(cafe, http.MethodGet, "/console/api/session", "").is(t, http.StatusOK); shown.text(t, "set_up") != "address" {
		t.Error(shown.Body)
	}
	if shown := from(office, http.MethodGet, "/console/api/session", "").is(t, http.StatusOK); shown.text(t, "set_up") != "" {
		t.Error(shown.Body)
	}
	g.signIn(t, g.api, g.home.email, password+"x").refused(t, http.StatusUnauthorized, "sign_in")
	g.signIn(t, g.api, g.home.email, password).is(t, http.StatusOK)

	// Programs go on, and so does another workspace of the same person.
	g.home.call(t, http.MethodGet, "/v1/members", "").is(t, http.StatusOK)
	other := from(cafe, http.MethodPost, "/console/api/workspaces", `{"name":"Other"}`).is(t, http.StatusOK)
	if other.text(t, "set_up") != "" || other.text(t, "workspace", "name") != "Other" {
		t.Error(other.Body)
	}
	from(cafe, http.MethodGet, "/v1/members", "").is(t, http.StatusOK)
	if shown := from(cafe, http.MethodPost, "/console/api/workspace", `{"id":"`+g.home.id+`"}`).is(t, http.StatusOK); shown.text(t, "set_up") != "address" {
		t.Error(shown.Body)
	}
	from(cafe, http.MethodGet, "/v1/members", "").refused(t, http.StatusForbidden, "address_not_allowed")

	// The log was told once of all that, and once of the session that began elsewhere.
	log := g.home.call(t, http.MethodGet, "/v1/audit_log?action=member.address_refused", "").is(t, http.StatusOK)
	if n := strings.Count(log.Body, `"action":"member.address_refused"`); n != 2 || log.text(t, "data", 1, "actor", "name") != g.home.email || log.text(t, "data", 1, "actor", "address") != cafe {
		t.Errorf("%d entries: %s", n, log.Body)
	}
	g.query(t, "UPDATE sessions SET refused_at = refused_at - interval '2 minutes'")
	from(cafe, http.MethodGet, "/v1/members", "").is(t, http.StatusForbidden)
	from(elsewhere, http.MethodGet, "/v1/members", "").is(t, http.StatusForbidden)
	log = g.home.call(t, http.MethodGet, "/v1/audit_log?action=member.address_refused", "").is(t, http.StatusOK)
	if n := strings.Count(log.Body, `"action":"member.address_refused"`); n != 3 || log.text(t, "data", 0, "actor", "address") != elsewhere {
		t.Errorf("%d entries: %s", n, log.Body)
	}

	// Whoever runs the installation takes the list away.
	for _, tt := range []struct{ does, says string }{{"show", "203.0.113.0/24"}, {"clear", "from everywhere"}, {"clear", "from everywhere"}} {
		var out bytes.Buffer
		if err := g.typed(t.Context(), g.config, &out, io.Discard, "addresses", tt.does, "--workspace", g.home.id); err != nil || !strings.Contains(out.String(), tt.says) {
			t.Fatal(tt, out.String(), err)
		}
	}
	if err := g.typed(t.Context(), g.config, io.Discard, io.Discard, "addresses", "open"); err == nil {
		t.Error("a command that is not there was taken")
	}
	from(cafe, http.MethodGet, "/v1/members", "").is(t, http.StatusOK)
	if log := g.home.call(t, http.MethodGet, "/v1/audit_log?action=workspace.addresses_changed", "").is(t, http.StatusOK); log.text(t, "data", 0, "actor", "kind") != "system" {
		t.Error(log.Body)
	}
}
