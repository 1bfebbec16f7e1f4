package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The attacks on a connect link: someone lets another person finish what was
// begun for themselves (session fixation), or opens what was made for another.

// verifying turns user verification on.
func (w *workspace) verifying(t *testing.T) {
	t.Helper()
	w.call(t, http.MethodPut, "/v1/connect/{p}/user_verification", `{"verify_url":"https://saas.test/verify?x=1","enabled":true}`).is(t, http.StatusOK)
}

// link is a connect link for Acme CRM.
func (w *workspace) link(t *testing.T, ctok string) string {
	t.Helper()
	return w.g.tls + "/_static/connect.html?token=" + ctok + "&connectLink=true&app=acme_crm"
}

// asked opens a link that is to be verified and returns the nonce with which
// the browser was sent to the customer's page.
func (b *browser) asked(t *testing.T, link string) (nonce string) {
	t.Helper()
	r := b.get(t, link).is(t, http.StatusSeeOther)
	to, err := url.Parse(r.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	nonce = to.Query().Get("nonce")
	if to.Host != "saas.test" || to.Path != "/verify" || to.Query().Get("x") != "1" || !strings.HasPrefix(nonce, "vn_") || len(to.Query()) != 2 {
		t.Fatalf("the browser is sent to %s", to)
	}
	if r.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the customer's page is told the link: %v", r.Header)
	}
	return nonce
}

// confirm is what the customer's server says of who is signed in.
func (w *workspace) confirm(t *testing.T, nonce, user string) reply {
	t.Helper()
	return w.call(t, http.MethodPost, "/v1/connect/{p}/user_verification/confirm", `{"nonce":"`+nonce+`","external_user_id":"`+user+`"}`)
}

// told returns the error codes of the CONNECTION_ERRORs that a project's events hold.
func (w *workspace) told(t *testing.T, user string) []string {
	t.Helper()
	r := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries?event_type=CONNECTION_ERROR&external_user_id="+url.QueryEscape(user), "").is(t, http.StatusOK)
	codes := []string{}
	for i := range r.at(t, "data").([]any) {
		d := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries/"+r.text(t, "data", i, "id"), "").is(t, http.StatusOK)
		_, rest, _ := strings.Cut(d.text(t, "payload"), `"error_code":"`)
		code, _, _ := strings.Cut(rest, `"`)
		codes = append(codes, code)
	}
	return codes
}

const aHook = `"webhook_uri":"http://127.0.0.1:9/hook"`

// An attacker sends the link that was made for them to a victim, who would give
// them their account. The customer's server says that it is the victim who is
// signed in, and nothing opens: not the page, no call of it, no way to a provider.
func TestAttackSessionFixation(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	w.verifying(t)
	ctok := w.connectToken(t, "mallory", aHook)
	victim := g.browser(t)
	nonce := victim.asked(t, w.link(t, ctok))
	refusal := w.confirm(t, nonce, "victim").refused(t, http.StatusForbidden, "verification_other_user")
	if r := victim.get(t, refusal.text(t, "details", "redirect_uri")); r.Status != http.StatusForbidden || !strings.Contains(r.Body, "made for another user") {
		t.Errorf("the victim is told %d\n%s", r.Status, r.Body)
	}
	if codes := w.told(t, "mallory"); len(codes) != 1 || codes[0] != "verification_other_user" {
		t.Errorf("told %v", codes)
	}
	w.confirm(t, nonce, "mallory").refused(t, http.StatusConflict, "verification_used")
	victim.asked(t, w.link(t, ctok)) // is asked again, and again in vain
	for name, r := range map[string]reply{
		"the form": victim.start(t, ctok),
		"the apps": g.do(t, http.MethodGet, g.tls+"/connect/apps", "", "Authorization", bearerOf(ctok)),
		"a query":  g.do(t, http.MethodGet, g.tls+"/connect/apps?token="+ctok, ""),
	} {
		if r.Status != http.StatusForbidden || !strings.Contains(r.Body, "user_verification_required") || r.Header.Get("Location") != "" {
			t.Errorf("%s opens: %d %s", name, r.Status, r.Body)
		}
	}
	for _, without := range []string{"&connectLink=true", "&app=acme_crm"} {
		victim.asked(t, strings.Replace(w.link(t, ctok), without, "", 1)) // what the address says changes nothing
	}
	if ids := w.accounts(t, "mallory"); len(ids) != 0 {
		t.Errorf("an account was saved: %v", ids)
	}
	s := w.call(t, http.MethodGet, "/v1/projects/{p}/connect_sessions?code=verification_other_user", "").is(t, http.StatusOK)
	if s.text(t, "data", 0, "external_user_id") != "mallory" || s.text(t, "data", 0, "status") != "failed" {
		t.Errorf("recorded: %s", s.Body)
	}

	// The honest user: over the customer's page and back, and all of it is one session.
	own := g.browser(t)
	back := w.confirm(t, own.asked(t, w.link(t, ctok)), "mallory").is(t, http.StatusOK).text(t, "redirect_uri")
	if r := g.browser(t).get(t, back); r.Status != http.StatusUnauthorized {
		t.Errorf("another browser comes back with %d", r.Status)
	}
	if r := victim.get(t, back); r.Status != http.StatusUnauthorized {
		t.Errorf("the victim's browser comes back with %d", r.Status)
	}
	if to := own.get(t, back).is(t, http.StatusSeeOther).Header.Get("Location"); g.tls+to != w.link(t, ctok) {
		t.Errorf("it goes on at %s", to)
	}
	own.get(t, w.link(t, ctok)).is(t, http.StatusOK)
	own.get(t, own.consent(t, own.start(t, ctok), true)).is(t, http.StatusOK)
	if ids := w.accounts(t, "mallory"); len(ids) != 1 {
		t.Errorf("the honest user has %v", ids)
	}
	victim.start(t, ctok).is(t, http.StatusForbidden)
}

// A stranger who got hold of a link made for the victim cannot use it either:
// that the victim's browser confirms the stranger's nonce opens the link in
// neither browser.
func TestAttackStolenLink(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	w.verifying(t)
	ctok := w.connectToken(t, "victim", aHook)
	thief, victim := g.browser(t), g.browser(t)
	nonce := thief.asked(t, w.link(t, ctok))
	back := w.confirm(t, nonce, "victim").is(t, http.StatusOK).text(t, "redirect_uri") // the victim was lured to the verify URL
	if r := victim.get(t, back); r.Status != http.StatusUnauthorized {
		t.Errorf("the victim's browser: %d", r.Status)
	}
	thief.asked(t, w.link(t, ctok)) // the address was told to the victim's browser alone
	thief.start(t, ctok).is(t, http.StatusForbidden)
	if r := thief.get(t, g.tls+"/connect/verified?key="+nonce); r.Status != http.StatusUnauthorized {
		t.Errorf("with the nonce in place of the key: %d", r.Status)
	}
}

// A nonce is good once, for its environment and project, and for a while.
func TestAttackNonce(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	w.verifying(t)
	fresh := func(user string) string {
		return g.browser(t).asked(t, w.link(t, w.connectToken(t, user, aHook)))
	}
	t.Run("of nobody", func(t *testing.T) {
		t.Parallel()
		w.confirm(t, "vn_x", "ada").refused(t, http.StatusNotFound, "verification_not_found")
	})
	t.Run("of another workspace", func(t *testing.T) {
		t.Parallel()
		nonce := fresh("bob")
		g.stranger().confirm(t, nonce, "bob").refused(t, http.StatusNotFound, "verification_not_found")
		w.confirm(t, nonce, "bob").is(t, http.StatusOK) // the stranger did not use it up
	})
	t.Run("of the other environment", func(t *testing.T) {
		t.Parallel()
		nonce := fresh("carol")
		w.in("production").confirm(t, nonce, "carol").refused(t, http.StatusForbidden, "verification_other_environment")
		w.confirm(t, nonce, "carol").refused(t, http.StatusConflict, "verification_used")
		if codes := w.told(t, "carol"); strings.Join(codes, " ") != "verification_used verification_other_environment" {
			t.Errorf("told %v", codes)
		}
	})
	t.Run("twice", func(t *testing.T) {
		t.Parallel()
		nonce := fresh("dave")
		w.confirm(t, nonce, "dave").is(t, http.StatusOK)
		w.confirm(t, nonce, "dave").refused(t, http.StatusConflict, "verification_used")
		if codes := w.told(t, "dave"); strings.Join(codes, " ") != "verification_used" {
			t.Errorf("told %v", codes)
		}
	})
	t.Run("too late", func(t *testing.T) {
		t.Parallel()
		b, ctok := g.browser(t), w.connectToken(t, "erin", aHook)
		nonce := b.asked(t, w.link(t, ctok))
		g.query(t, "UPDATE connect_verifications SET expires_at = $1 WHERE token_id IN (SELECT t.id FROM connect_tokens t JOIN external_users u ON u.id = t.user_id WHERE u.external_id = 'erin')", time.Now().Add(-time.Second))
		w.confirm(t, nonce, "erin").refused(t, http.StatusConflict, "verification_expired")
		if codes := w.told(t, "erin"); strings.Join(codes, " ") != "verification_expired" {
			t.Errorf("told %v", codes)
		}
	})
}

// Links are verified in production as soon as there is a page to do it, and in
// development when that is asked for. A page framed by the customer's own is not.
func TestVerificationIsOnInProduction(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	page := func(w *workspace, header ...string) int {
		return g.do(t, http.MethodGet, w.link(t, w.connectToken(t, "ada", `"allowed_origins":["https://saas.test"]`)), "", header...).Status
	}
	prod := w.in("production")
	if page(w) != http.StatusOK || page(prod) != http.StatusOK {
		t.Error("links are verified where there is no verify URL")
	}
	for _, e := range []*workspace{w, prod} {
		e.call(t, http.MethodPut, "/v1/connect/{p}/user_verification", `{"verify_url":"https://saas.test/verify"}`).is(t, http.StatusOK)
	}
	if dev, live := page(w), page(prod); dev != http.StatusOK || live != http.StatusSeeOther {
		t.Errorf("development answers %d, production %d", dev, live)
	}
	if got := page(prod, "Sec-Fetch-Dest", "iframe"); got != http.StatusOK {
		t.Errorf("a framed page answers %d", got)
	}
	prod.call(t, http.MethodPut, "/v1/connect/{p}/user_verification", `{"verify_url":"https://saas.test/verify","enabled":false}`).is(t, http.StatusOK)
	if got := page(prod); got != http.StatusOK {
		t.Errorf("switched off it answers %d", got)
	}
	// A session that is framed carries its calls; one of another token does not.
	prod.verifying(t)
	ctok, other := prod.connectToken(t, "ada", `"allowed_origins":["https://saas.test"]`), prod.connectToken(t, "bob", `"allowed_origins":["https://saas.test"]`)
	g.do(t, http.MethodGet, prod.link(t, ctok), "", "Sec-Fetch-Dest", "iframe").is(t, http.StatusOK)
	in := prod.call(t, http.MethodGet, "/v1/projects/{p}/connect_sessions?limit=1", "").is(t, http.StatusOK).text(t, "data", 0, "id")
	apps := func(ctok, in string) reply {
		return g.do(t, http.MethodGet, g.tls+"/connect/apps", "", "Authorization", bearerOf(ctok), "X-Connect-Session", in)
	}
	apps(ctok, in).is(t, http.StatusOK)
	apps(ctok, "").refused(t, http.StatusForbidden, "user_verification_required")
	apps(other, in).refused(t, http.StatusForbidden, "user_verification_required")
	// The customer's own page asks how it stands, with no session.
	g.do(t, http.MethodGet, g.tls+"/connect/status", "", "Authorization", bearerOf(ctok), "Origin", "https://saas.test").is(t, http.StatusOK)
	// The session carries the window, too, that the framed page opens for the sign-in.
	g.do(t, http.MethodGet, prod.link(t, ctok)+"&window=1", "").is(t, http.StatusOK)
	begin := func(in string) reply {
		return g.do(t, http.MethodPost, g.tls+"/connect/oauth/start", `{"app":"acme_crm"}`, "Authorization", bearerOf(ctok), "X-Connect-Session", in)
	}
	begin(in).is(t, http.StatusOK)
	begin("").refused(t, http.StatusForbidden, "user_verification_required")
	g.do(t, http.MethodGet, prod.link(t, ctok)+"&window=whole", "").is(t, http.StatusSeeOther)
}

// Another site cannot begin a connection in its visitor's browser, with whose
// token ever: no form, no call, whatever the browser says of where it comes from.
func TestAttackStartFromAnotherSite(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	ctok := w.connectToken(t, "mallory", "")
	for name, header := range map[string][]string{
		"fetch metadata":  {"Sec-Fetch-Site", "cross-site"},
		"a sibling":       {"Sec-Fetch-Site", "same-site"},
		"an origin":       {"Origin", "https://evil.example"},
		"a sandbox":       {"Origin", "null"},
		"our other names": {"Origin", strings.Replace(g.tls, "127.0.0.1", "localhost", 1)},
	} {
		body := url.Values{"token": {ctok}, "app": {"acme_crm"}, "same_tab": {"true"}}.Encode()
		for _, path := range []string{"/connect/oauth/start", "/connect/steps"} {
			r := g.do(t, http.MethodPost, g.tls+path, body, append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
			if r.Status != http.StatusForbidden || r.text(t, "code") != "cross_origin" || r.Header.Get("Location") != "" || r.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s at %s: %d %s", name, path, r.Status, r.Body)
			}
		}
	}
	own := g.browser(t).start(t, ctok)
	if own.Status != http.StatusSeeOther {
		t.Errorf("the page itself: %d", own.Status)
	}
}
