package demo

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// One whole round: consent page, code, tokens, a call as the chosen person.
func TestRound(t *testing.T) {
	t.Parallel()
	for name, user := range map[string]string{"as Ada": Ada, "as Grace": Grace, "as nobody in particular, which is Ada": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			q := g.returned(g.form("/oauth/authorize", url.Values{"request": {g.ask()}, "decision": {"allow"}, "user": {user}}))
			if q.Get("state") != "st&te" || q.Get("iss") != g.url || q.Get("tenant") != "7" || q.Has("error") {
				t.Errorf("the client got %v", q)
			}
			r := g.form("/oauth/token", redeeming(q.Get("code")))
			got := g.tokens(r)
			if b := r.json(t); b["expires_in"] != 3600.0 || got.scope != "contacts.read contacts.write" || got.refresh == "" {
				t.Errorf("token answer %s", r.Body)
			}
			if r.Header.Get("Cache-Control") != "no-store" {
				t.Error("the token answer may be cached")
			}
			want := user
			if want == "" {
				want = Ada
			}
			me := g.wantStatus(g.bearer(got.access, http.MethodGet, "/api/me", ""), http.StatusOK).json(t)
			if me["id"] != want || me["name"] == "" || me["organisation"] == "" || len(me["scopes"].([]any)) != 2 {
				t.Errorf("me = %v, want %s", me, want)
			}
		})
	}
}

// The consent page says who asks for what, is not framed, and lets its form's
// redirect leave.
func TestConsentPage(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	r := g.wantStatus(g.do(http.MethodGet, "/oauth/authorize?"+asking("scope", "deals.read webhooks.write").Encode(), ""), http.StatusOK)
	for _, want := range []string{"Patchbay wants to access your Acme CRM account", "See your deals and their amounts", "Be told when your records change", "Allow access", "Cancel", `value="usr_ada" checked`, `value="usr_grace"`, "patchbay.test"} {
		if !strings.Contains(r.Body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(r.Body, "See your contacts") {
		t.Error("the page lists a scope that was not asked for")
	}
	csp := r.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "form-action") {
		t.Errorf("Content-Security-Policy = %q", csp)
	}
	nonce, _, _ := strings.Cut(strings.SplitAfter(csp, "'nonce-")[1], "'")
	if !strings.Contains(r.Body, `<style nonce="`+nonce+`">`) {
		t.Error("the page's own style is not allowed by its policy")
	}
}

func TestDenial(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	q := g.returned(g.form("/oauth/authorize", url.Values{"request": {g.ask()}, "decision": {"deny"}}))
	if q.Get("error") != "access_denied" || q.Get("error_description") == "" || q.Get("state") != "st&te" || q.Get("iss") != g.url || q.Has("code") {
		t.Errorf("the client got %v", q)
	}
}

// When the client or its address is in doubt, the person sees a page and is
// sent nowhere.
func TestDoubtfulClientGetsNoRedirect(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for name, q := range map[string]url.Values{
		"unknown client":            asking("client_id", "nobody"),
		"no client":                 asking("client_id", ""),
		"unregistered redirect":     asking("redirect_uri", "https://evil.test/"),
		"no redirect":               asking("redirect_uri", ""),
		"redirect with a path more": asking("redirect_uri", "https://patchbay.test/plain/more"),
		"redirect in other case":    asking("redirect_uri", "https://Patchbay.test/plain"),
		"redirect without query":    asking("redirect_uri", "https://patchbay.test/callback"),
		"redirect given twice":      {"client_id": {clientID}, "redirect_uri": {back, "https://evil.test/"}},
		"another client's redirect": asking("client_id", "other", "redirect_uri", "https://patchbay.test/plain"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := g.do(http.MethodGet, "/oauth/authorize?"+q.Encode(), "")
			if r.Status != http.StatusBadRequest || r.Header.Get("Location") != "" || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
				t.Errorf("got %d, Location %q, %s", r.Status, r.Header.Get("Location"), r.Header.Get("Content-Type"))
			}
			if _, err := g.Consent(g.url+"/oauth/authorize?"+q.Encode(), Ada, true); err == nil {
				t.Error("Consent went through")
			}
		})
	}
}

// All other mistakes are told to the client.
func TestMistakesGoBackToTheClient(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	twice := asking()
	twice.Add("scope", "deals.read")
	for name, c := range map[string]struct {
		q    url.Values
		want string
	}{
		"no response type":          {asking("response_type", ""), "invalid_request"},
		"implicit flow":             {asking("response_type", "token"), "unsupported_response_type"},
		"no challenge":              {asking("code_challenge", ""), "invalid_request"},
		"no method, which is plain": {asking("code_challenge_method", ""), "invalid_request"},
		"plain":                     {asking("code_challenge_method", "plain"), "invalid_request"},
		"a challenge too short":     {asking("code_challenge", "short"), "invalid_request"},
		"an unknown scope":          {asking("scope", "contacts.read world.rule"), "invalid_scope"},
		"scope given twice":         {twice, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := g.returned(g.do(http.MethodGet, "/oauth/authorize?"+c.q.Encode(), ""))
			if q.Get("error") != c.want || q.Get("error_description") == "" || q.Get("state") != "st&te" || q.Get("iss") != g.url {
				t.Errorf("the client got %v, want %s", q, c.want)
			}
		})
	}
}

// A request is answered once, in time, by somebody who exists; a form that made
// no sense does not spend it.
func TestRequestIsSpentOnce(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	id := g.ask()
	decide := func(id, decision, user string) reply {
		return g.form("/oauth/authorize", url.Values{"request": {id}, "decision": {decision}, "user": {user}})
	}
	g.wantStatus(decide(id, "perhaps", Ada), http.StatusBadRequest)
	g.wantStatus(decide(id, "allow", "usr_nobody"), http.StatusBadRequest)
	g.wantStatus(decide(id, "allow", Ada), http.StatusSeeOther)
	g.wantStatus(decide(id, "allow", Ada), http.StatusBadRequest)
	g.wantStatus(decide("ask_made_up", "allow", Ada), http.StatusBadRequest)

	late := g.ask()
	g.pass(askLife)
	g.wantStatus(decide(late, "allow", Ada), http.StatusBadRequest)
}

// Consent is the page's short cut: same checks, same answers.
func TestConsent(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	at := g.url + "/oauth/authorize?" + asking().Encode()
	for name, c := range map[string]struct {
		at, user string
		allow    bool
		has      string
	}{
		"allowed": {at, Grace, true, "code="},
		"denied":  {at, Grace, false, "error=access_denied"},
		"mistake": {g.url + "/oauth/authorize?" + asking("scope", "x").Encode(), Grace, true, "error=invalid_scope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := g.Consent(c.at, c.user, c.allow)
			if err != nil || !strings.HasPrefix(got, back+"&") || !strings.Contains(got, c.has) {
				t.Errorf("Consent = %q, %v; want %q in it", got, err, c.has)
			}
		})
	}
	if got, err := g.Consent(at, "usr_nobody", true); err == nil {
		t.Errorf("a person who does not exist consented: %q", got)
	}
	to, err := g.Consent(at, Grace, true)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	p := g.tokens(g.form("/oauth/token", redeeming(u.Query().Get("code"))))
	if me := g.bearer(p.access, http.MethodGet, "/api/me", "").json(t); me["id"] != Grace {
		t.Errorf("me = %v, want Grace", me)
	}
}

// A request without scopes gets the reading ones.
func TestScopesByDefault(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	if p := g.connect(Ada, ""); p.scope != "contacts.read deals.read notes.read" {
		t.Errorf("scope = %q", p.scope)
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	m := g.wantStatus(g.do(http.MethodGet, "/.well-known/oauth-authorization-server", ""), http.StatusOK).json(t)
	for field, want := range map[string]any{
		"issuer": g.url, "authorization_endpoint": g.url + "/oauth/authorize", "token_endpoint": g.url + "/oauth/token",
		"revocation_endpoint": g.url + "/oauth/revoke", "authorization_response_iss_parameter_supported": true,
	} {
		if m[field] != want {
			t.Errorf("%s = %v, want %v", field, m[field], want)
		}
	}
	if n := len(m["scopes_supported"].([]any)); n != len(scopes) {
		t.Errorf("%d scopes are announced, want %d", n, len(scopes))
	}
}

// A code lives a minute.
func TestCodeExpires(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	early, late := g.code(Ada), g.code(Ada)
	g.pass(codeLife - time.Second)
	g.tokens(g.form("/oauth/token", redeeming(early)))
	g.pass(time.Second)
	g.wantOAuth(g.form("/oauth/token", redeeming(late)), http.StatusBadRequest, "invalid_grant")
}
