package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/demo"
)

// An owner sets single sign-on up; somebody of the provider comes in by it with
// the browser that began, sees this workspace alone, and changes nothing of it.
func TestConsoleSSO(t *testing.T) {
	t.Parallel()
	g := newRig(t, func(c *app.Config) { c.SSODomains = "acme.test" }).people()
	const at = "/console/api/workspace/sso"
	owner := g.session(t)
	shown := g.as(t, owner, http.MethodGet, at, nil).is(t, http.StatusOK)
	g.acme.RegisterClient(demo.Client{ID: "console", Secret: "s3cret", Name: "Patchbay", RedirectURIs: []string{shown.text(t, "callback_url")}})
	wish := map[string]any{"issuer": g.config.DemoURL, "client_id": "console", "client_secret": "s3cret", "joins": true, "default_role": "viewer"}
	g.as(t, owner, http.MethodPut, at, map[string]any{"issuer": 5}).refused(t, http.StatusBadRequest, "malformed")
	saved := g.as(t, owner, http.MethodPut, at, wish).is(t, http.StatusOK)
	if strings.Contains(saved.Body, "s3cret") {
		t.Errorf("the secret is shown: %s", saved.Body)
	}
	g.as(t, owner, http.MethodPost, at+"/domains", map[string]string{"domain": "acme.test"}).is(t, http.StatusOK)

	ask := map[string]string{"email": "ada@acme.test", "next": "//evil.test"}
	g.as(t, "", http.MethodPost, "/console/api/session/sso", map[string]string{"email": "ada@elsewhere.test"}).refused(t, http.StatusNotFound, "sso_unknown_domain")
	g.as(t, "", http.MethodPost, "/console/api/session/sso", map[string]string{"email": "nobody"}).refused(t, http.StatusBadRequest, "email")
	begun := g.as(t, "", http.MethodPost, "/console/api/session/sso", ask).is(t, http.StatusOK)
	back, err := g.acme.Consent(begun.text(t, "url"), demo.Ada, true)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	come := func(cookie string) reply {
		return g.do(t, http.MethodGet, u.RequestURI(), "", "Cookie", cookie, "Sec-Fetch-Site", "cross-site")
	}
	if got := come("a=b").is(t, http.StatusSeeOther); got.Header.Get("Location") != "/sign-in?reason=sso_flow" {
		t.Errorf("another browser is sent to %s", got.Header.Get("Location"))
	}
	in := come(begun.cookieOf(t, "patchbay_sso")).is(t, http.StatusSeeOther)
	if in.Header.Get("Location") != "/" || in.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%v", in.Header)
	}
	ada := in.cookieOf(t, "patchbay_session")
	if got := come(begun.cookieOf(t, "patchbay_sso")); got.Header.Get("Location") != "/sign-in?reason=sso_flow" {
		t.Errorf("twice: %v", got.Header)
	}
	me := g.as(t, ada, http.MethodGet, "/console/api/session", nil).is(t, http.StatusOK)
	if !strings.Contains(me.Body, "ada@acme.test") || !strings.Contains(me.Body, g.home.id) || !strings.Contains(me.Body, `"role":"viewer"`) {
		t.Error(me.Body)
	}
	g.do(t, http.MethodGet, "/v1/connect/projects", "", "Cookie", ada).is(t, http.StatusOK)
	g.as(t, ada, http.MethodPost, "/console/api/workspaces", map[string]string{"name": "Mine"}).refused(t, http.StatusForbidden, "sso_session")
	g.as(t, ada, http.MethodPost, "/console/api/account/proof", map[string]string{"password": "x"}).refused(t, http.StatusForbidden, "sso_session")
	invited := g.as(t, owner, http.MethodPost, "/v1/invitations", map[string]any{"email": "else@acme.test", "role": "viewer"}).is(t, http.StatusCreated)
	_, token, _ := strings.Cut(invited.text(t, "link"), "/invitation#")
	if offer := g.do(t, http.MethodGet, "/console/api/invitation", "", "Cookie", ada, "Invitation-Token", token).is(t, http.StatusOK); offer.text(t, "signed_in") != "ada@acme.test" || offer.at(t, "sso") != true {
		t.Error(offer.Body)
	}
	for _, try := range [][2]string{{"GET", ""}, {"PUT", ""}, {"DELETE", ""}, {"POST", "/test"}, {"POST", "/domains"}, {"POST", "/domains/dom_1/proof"}, {"DELETE", "/domains/dom_1"}} {
		g.as(t, ada, try[0], at+try[1], map[string]any{}).refused(t, http.StatusForbidden, "sso_owner")
	}
	g.as(t, owner, http.MethodDelete, at, nil).is(t, http.StatusNoContent)
	g.as(t, ada, http.MethodGet, "/console/api/session", nil).refused(t, http.StatusUnauthorized, "session")
}
