package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/demo"
)

// The attacks on what comes back from a provider.

// evilApp is an app of a workspace's own whose token endpoint is an attacker's:
// what is redeemed there is theirs.
const evilApp = `schema: app/v1
slug: evil_app
name: Evil
description: An app of an attacker's.
categories: [crm]
hosts:
  production: {api: '{{ instance.demo_url }}'}
auth:
  - id: oauth
    type: oauth2
    title: Sign in
    pkce: none
    pkce_note: The attacker does not want it.
    authorize: {url: '{{ instance.demo_url }}/evil/authorize'}
    token: {url: '{{ instance.demo_url }}/evil/token', encode: form, client_auth: body}
    tokens: {main: {map: {access: /access_token}}}
    refresh: {policy: none}
inject:
  oauth: {in: header, name: Authorization, value: 'Bearer {{ token.main.access }}'}
identity: {request: {get: '{{ host.api }}/evil/me'}, id: /id, name: /name}
fixtures:
  oauth: {token_ok: ok.json, identity: me.json}
sources: [{about: everything, url: 'https://evil.example/docs'}]
`

// sentTo is where a started flow sent the browser, as values.
func sentTo(t *testing.T, started reply) *url.URL {
	t.Helper()
	u, err := url.Parse(started.is(t, http.StatusSeeOther).Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// altered returns an address with parameters set; an empty value removes one.
func altered(t *testing.T, address string, pairs ...string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for i := 0; i < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Code injection across apps (COAT): the page of an attacker's app sends the
// user on to Acme CRM with the attacker's state, so that Acme's code is redeemed
// at the attacker's token endpoint. Each client has a callback of its own, which
// is bound to the state, so the code is not sent anywhere.
func TestAttackCodeInjectionAcrossApps(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	var stolen atomic.Int32
	g.app.on("/evil/token", func(w http.ResponseWriter, _ *http.Request) {
		stolen.Add(1)
		_, _ = fmt.Fprint(w, `{"access_token":"x"}`)
	})
	g.app.on("/evil/me", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `{"id":"1","name":"Ada"}`) })
	body := map[string]any{"source": evilApp, "fixtures": map[string]string{"me.json": me, "ok.json": `{"status": 200, "body": {"access_token": "x"}}`}}
	file, _ := json.Marshal(body)
	w.call(t, http.MethodPut, "/v1/app_files/evil_app", string(file)).is(t, http.StatusOK)
	evil := w.call(t, http.MethodPost, "/v1/connect/{p}/oauth_apps", `{"app":"evil_app","client_id":"evil","client_secret":"s"}`).is(t, http.StatusCreated).text(t, "id")
	callback := func(client string) string { return g.tls + "/connect/oauth/" + client + "/callback" }

	b := g.browser(t)
	ctok := w.connectToken(t, "ada", "")
	state := sentTo(t, b.start(t, ctok, "app", "evil_app")).Query().Get("state")
	honest := sentTo(t, g.browser(t).start(t, w.connectToken(t, "mallory", ""))).String()
	back, err := g.acme.Consent(altered(t, honest, "state", state), demo.Ada, true) // Ada allows it at the Acme that she knows
	if err != nil {
		t.Fatal(err)
	}
	if r := b.get(t, back); r.Status != http.StatusUnauthorized {
		t.Errorf("at Acme's callback with the other app's state: %d", r.Status)
	}
	if _, err := g.acme.Consent(altered(t, honest, "state", state, "redirect_uri", callback(evil)), demo.Ada, true); err == nil {
		t.Error("Acme sends its code to another client's callback")
	}
	own := sentTo(t, b.start(t, w.connectToken(t, "ada", ""))) // Ada's own flow at Acme in the same browser
	code, err := g.acme.Consent(own.String(), demo.Ada, true)
	if err != nil {
		t.Fatal(err)
	}
	if r := b.get(t, strings.Replace(code, w.oauthApp, evil, 1)); r.Status != http.StatusUnauthorized {
		t.Errorf("at the other app's callback with Acme's state: %d", r.Status)
	}
	if n := stolen.Load(); n != 0 {
		t.Errorf("%d codes were sent to the attacker", n)
	}
	for _, user := range []string{"ada", "mallory"} {
		if ids := w.accounts(t, user); len(ids) != 0 {
			t.Errorf("%s has %v", user, ids)
		}
	}
	b.get(t, code).is(t, http.StatusOK) // nothing of it was used up
}

// The same across two clients of one app: a code that was given to one is not
// redeemed by the other, and each client's callback knows its own states only.
func TestAttackCodeInjectionAcrossClients(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, other := g.home, g.home.newProject("Another")
	b := g.browser(t)
	mine := b.consent(t, b.start(t, w.connectToken(t, "ada", "")), true)
	theirs := b.consent(t, b.start(t, other.connectToken(t, "ada", "")), true)
	if r := b.get(t, strings.Replace(mine, w.oauthApp, other.oauthApp, 1)); r.Status != http.StatusUnauthorized {
		t.Errorf("another client's callback: %d", r.Status)
	}
	u, err := url.Parse(theirs)
	if err != nil {
		t.Fatal(err)
	}
	b.get(t, altered(t, mine, "code", u.Query().Get("code")))
	if ids := w.accounts(t, "ada"); len(ids) != 0 {
		t.Errorf("another client's code made %v", ids)
	}
}

// Session fixation without user verification: what an attacker began in their
// browser is not ended by the victim, who allows it at the provider, in another.
// The code stays where it is: what the attacker's browser then brings is its own.
func TestAttackCallbackInAnotherBrowser(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	attacker, victim := g.browser(t), g.browser(t)
	back := victim.consent(t, attacker.start(t, w.connectToken(t, "mallory", "")), true)
	victim.start(t, w.connectToken(t, "victim", "")).is(t, http.StatusSeeOther) // the victim's browser has a cookie of its own
	for name, b := range map[string]*browser{"the victim's browser": victim, "a fresh browser": g.browser(t)} {
		if r := b.get(t, back); r.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, r.Status)
		}
	}
	if ids := w.accounts(t, "mallory"); len(ids) != 0 {
		t.Errorf("the attacker has %v", ids)
	}
}

// The mix-up of authorization servers (RFC 9207): an answer that does not come
// from the server that was asked is not believed, and its code is sent nowhere.
func TestAttackIssuerMixUp(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	for name, iss := range map[string]string{"another": "https://evil.example", "none": "", "a part": g.config.DemoURL[:len(g.config.DemoURL)-1], "more": g.config.DemoURL + "/"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := "user of " + name
			ctok := w.connectToken(t, user, aHook)
			b := g.browser(t)
			back := b.consent(t, b.start(t, ctok), true)
			b.get(t, altered(t, back, "iss", iss))
			if ids := w.accounts(t, user); len(ids) != 0 {
				t.Errorf("it made %v", ids)
			}
			if codes := w.told(t, user); len(codes) != 1 || codes[0] != "oauth_exchange_failed" {
				t.Errorf("told %v", codes)
			}
			if r := b.get(t, back); r.Status != http.StatusUnauthorized {
				t.Errorf("the state is good again: %d", r.Status)
			}
		})
	}
}

// A state is good once, and so is a code: neither an address from a history nor
// a code under a new state connects anything.
func TestAttackReplay(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	b := g.browser(t)
	back := b.consent(t, b.start(t, w.connectToken(t, "ada", "")), true)
	b.get(t, back).is(t, http.StatusOK)
	t.Run("state", func(t *testing.T) {
		t.Parallel()
		if r := b.get(t, back); r.Status != http.StatusUnauthorized || len(w.accounts(t, "ada")) != 1 {
			t.Errorf("%d, accounts %v", r.Status, w.accounts(t, "ada"))
		}
	})
	t.Run("code", func(t *testing.T) {
		t.Parallel()
		thief := g.browser(t)
		u, _ := url.Parse(back)
		fresh := sentTo(t, thief.start(t, w.connectToken(t, "mallory", ""))).Query().Get("state")
		thief.get(t, altered(t, g.tls+u.Path, "state", fresh, "code", u.Query().Get("code"), "iss", g.config.DemoURL))
		if ids := w.accounts(t, "mallory"); len(ids) != 0 {
			t.Errorf("a used code made %v", ids)
		}
	})
	t.Run("a code that was not used", func(t *testing.T) { // PKCE: it is bound to the flow that asked for it
		t.Parallel()
		victim, thief := g.browser(t), g.browser(t)
		stolen, _ := url.Parse(victim.consent(t, victim.start(t, w.connectToken(t, "victim", "")), true))
		fresh := sentTo(t, thief.start(t, w.connectToken(t, "eve", ""))).Query().Get("state")
		thief.get(t, altered(t, g.tls+stolen.Path, "state", fresh, "code", stolen.Query().Get("code"), "iss", g.config.DemoURL))
		if ids := w.accounts(t, "eve"); len(ids) != 0 {
			t.Errorf("a stolen code made %v", ids)
		}
	})
}

// An address of ours leads where the token's maker said and nowhere that the
// address itself says, and a token is not made for a place that runs scripts.
func TestAttackOpenRedirect(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	const evil = "https://evil.example/"
	more := func(address string) string {
		for _, name := range []string{"success_redirect_uri", "error_redirect_uri", "redirect_uri", "successRedirectUri", "errorRedirectUri", "redirect", "return_to", "next", "url", "back", "to"} {
			address = altered(t, address, name, evil)
		}
		return address
	}
	b, ctok := g.browser(t), w.connectToken(t, "ada", `"success_redirect_uri":"https://shop.test/ok"`)
	if r := b.get(t, more(w.link(t, ctok))).is(t, http.StatusOK); strings.Contains(r.Body, "https://evil.example") {
		t.Errorf("the page knows of it\n%s", r.Body)
	}
	started := b.start(t, ctok, "same_tab", "true", "redirect_uri", evil, "success_redirect_uri", evil, "next", evil)
	if to := sentTo(t, started); strings.Contains(to.String(), "evil.example") {
		t.Errorf("the provider is told %s", to)
	}
	if to := b.get(t, more(b.consent(t, started, true))).is(t, http.StatusSeeOther).Header.Get("Location"); !strings.HasPrefix(to, "https://shop.test/ok?") || strings.Contains(to, "evil") {
		t.Errorf("the callback leads to %s", to)
	}
	for _, path := range []string{"/connect/verified?key=x", "/connect/oauth/" + w.oauthApp + "/callback?state=x"} {
		if r := b.get(t, more(g.tls+path)); r.Header.Get("Location") != "" || strings.Contains(r.Body, "https://evil.example") {
			t.Errorf("%s leads to %s\n%s", path, r.Header.Get("Location"), r.Body)
		}
	}
	for _, uri := range []string{"javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://x/1", "//evil.example", "/relative", "java\\nscript:alert(1)", " javascript:alert(1)"} {
		for _, field := range []string{"success_redirect_uri", "error_redirect_uri"} {
			r := w.call(t, http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"ada","`+field+`":"`+uri+`"}`)
			if r.Status != http.StatusBadRequest {
				t.Errorf("%s %q: %d", field, uri, r.Status)
			}
		}
	}
}

// Nothing that a user sees of us tells its address, which holds a token, to
// another site, may be framed by a page that the token does not name, or runs a
// script that is not ours.
func TestAttackHeaders(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.in("production")
	plain, framed := w.connectToken(t, "ada", ""), w.connectToken(t, "ada", `"allowed_origins":["https://app.saas.test"]`)
	b := g.browser(t)
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	pages := map[string]struct {
		r         reply
		ancestors string // "" = a redirect
	}{
		"a link":              {b.get(t, w.link(t, plain)), "'none'"},
		"a framed page":       {b.get(t, w.link(t, framed)), "'self' https://app.saas.test"},
		"an unknown token":    {b.get(t, w.link(t, "ctok_x")), "'self' *"}, // which is of nobody, and can do nothing
		"a problem":           {b.get(t, g.tls+"/connect/oauth/"+w.oauthApp+"/callback?state=x"), "'none'"},
		"an unknown key":      {b.get(t, g.tls+"/connect/verified?key=x"), "'none'"},
		"the way to Acme":     {b.start(t, plain), ""},
		"a form of an answer": {b.post(t, g.tls+"/connect/oauth/"+w.oauthApp+"/callback", "state=x"), ""},
	}
	for name, p := range pages {
		if p.r.Header.Get("Referrer-Policy") != "no-referrer" || p.r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", name, p.r.Header)
		}
		if p.r.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s is open to scripts of other sites", name)
		}
		if p.ancestors == "" {
			p.r.is(t, http.StatusSeeOther)
			continue
		}
		csp := map[string]string{}
		for part := range strings.SplitSeq(p.r.Header.Get("Content-Security-Policy"), ";") {
			k, v, _ := strings.Cut(strings.TrimSpace(part), " ")
			csp[k] = v
		}
		if csp["frame-ancestors"] != p.ancestors {
			t.Errorf("%s may be framed by %q, want %q", name, csp["frame-ancestors"], p.ancestors)
		}
		if csp["default-src"] != "'none'" || csp["base-uri"] != "'none'" || strings.Contains(csp["script-src"], "unsafe") || strings.Contains(csp["script-src"], "*") {
			t.Errorf("%s may run %v", name, csp)
		}
		if p.r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", name, p.r.Header)
		}
	}
}
