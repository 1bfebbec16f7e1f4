package app_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/demo"
)

// browser keeps cookies and follows no redirect, so that a test sees each step.
type browser struct {
	g    *rig
	http *http.Client
}

func (g *rig) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := *g.http
	c.Jar = jar
	return &browser{g, &c}
}

func (b *browser) get(t *testing.T, to string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return b.g.send(t, b.http, req)
}

// start sends the page's form.
func (b *browser) start(t *testing.T, ctok string, more ...string) reply {
	t.Helper()
	v := url.Values{"token": {ctok}, "app": {"acme_crm"}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.g.tls+"/connect/oauth/start", strings.NewReader(v.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.g.send(t, b.http, req)
}

// consent does at Acme CRM what a person would, and returns the way back.
func (b *browser) consent(t *testing.T, started reply, allow bool) string {
	t.Helper()
	back, err := b.g.acme.Consent(started.is(t, http.StatusSeeOther).Header.Get("Location"), demo.Ada, allow)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// accounts returns the ids of the user's accounts, newest first.
func (w *workspace) accounts(t *testing.T, user string) []string {
	t.Helper()
	r := w.call(t, http.MethodGet, "/v1/connect/{p}/accounts?external_user_id="+url.QueryEscape(user), "").is(t, http.StatusOK)
	ids := []string{}
	for i := range r.at(t, "data").([]any) {
		ids = append(ids, r.text(t, "data", i, "id"))
	}
	return ids
}

func (g *rig) status(t *testing.T, ctok string) reply {
	t.Helper()
	return g.do(t, http.MethodGet, g.tls+"/connect/status", "", "Authorization", bearerOf(ctok))
}

// A whole visit: the form binds the browser by a cookie that no other origin
// and no script can touch, the provider is asked with PKCE and a state, and
// what comes back becomes an account of the token's user.
func TestHostedFlow(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	b, ctok := g.browser(t), w.connectToken(t, "ada", "")
	if r := g.status(t, ctok).is(t, http.StatusOK); r.text(t, "status") != "none" {
		t.Errorf("before: %s", r.Body)
	}
	started := b.start(t, ctok, "profile", "read_only")
	cookie, err := http.ParseSetCookie(started.Header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	if cookie.Name != "__Host-patchbay_connect" || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || len(cookie.Value) != 64 {
		t.Errorf("cookie %v", cookie)
	}
	to, err := url.Parse(started.is(t, http.StatusSeeOther).Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	q := to.Query()
	if to.Host != strings.TrimPrefix(g.config.DemoURL, "http://") || len(q.Get("state")) != 64 || q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 ||
		q.Get("redirect_uri") != g.Connect.CallbackURL(w.oauthApp) || q.Get("scope") != "contacts.read deals.read notes.read" || strings.Contains(to.String(), ctok) {
		t.Errorf("the provider is asked by %s", to)
	}
	back := b.consent(t, started, true)
	done := b.get(t, back).is(t, http.StatusOK)
	if !strings.Contains(done.Body, "Your Acme CRM account is connected to My SaaS.") || strings.Contains(done.Body, ctok) {
		t.Errorf("done: %s", done.Body)
	}
	if csp := done.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || done.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("done: %v", done.Header)
	}
	ids := w.accounts(t, "ada")
	if len(ids) != 1 {
		t.Fatalf("accounts %v", ids)
	}
	a := w.call(t, http.MethodGet, "/v1/connect/{p}/accounts/"+ids[0]+"?include_credentials=true", "").is(t, http.StatusOK)
	if a.text(t, "name") != "Ada Lovelace" || a.at(t, "healthy") != true || a.at(t, "authorized_scopes", 0) != "contacts.read" || a.text(t, "app", "id") != w.oauthApp || a.text(t, "credentials", "oauth_access_token") == "" || a.text(t, "expires_at") == "" {
		t.Errorf("account %s", a.Body)
	}
	if r := g.status(t, ctok).is(t, http.StatusOK); r.text(t, "status") != "succeeded" || r.text(t, "account", "id") != ids[0] || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("after: %s", r.Body)
	}
	g.status(t, "ctok_x").refused(t, http.StatusUnauthorized, "connect_token_invalid")
	g.status(t, "").is(t, http.StatusUnauthorized)
	// The token is spent, for another visit too.
	if r := b.start(t, ctok); r.Status != http.StatusUnauthorized || !strings.Contains(r.Body, expired) {
		t.Errorf("a second start: %d %s", r.Status, r.Body)
	}
}

// A callback counts once, in the browser that began, for the client it was
// begun for. Any other shows a problem page and saves nothing.
func TestHostedCallbackRefusals(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	other := w.newProject("Another client")
	tests := map[string]func(t *testing.T, b *browser, back string) reply{
		"another browser": func(t *testing.T, _ *browser, back string) reply {
			t.Helper()
			thief := g.browser(t)
			thief.start(t, w.connectToken(t, "mallory", "")).is(t, http.StatusSeeOther)
			return thief.get(t, back)
		},
		"no browser at all": func(t *testing.T, _ *browser, back string) reply {
			t.Helper()
			return g.browser(t).get(t, back)
		},
		"another client": func(t *testing.T, b *browser, back string) reply {
			t.Helper()
			return b.get(t, strings.Replace(back, w.oauthApp, other.oauthApp, 1))
		},
		"another state": func(t *testing.T, b *browser, back string) reply {
			t.Helper()
			u, _ := url.Parse(back)
			q := u.Query()
			q.Set("state", strings.Repeat("0", 64))
			u.RawQuery = q.Encode()
			return b.get(t, u.String())
		},
		"no state": func(t *testing.T, b *browser, _ string) reply {
			t.Helper()
			return b.get(t, g.tls+"/connect/oauth/"+w.oauthApp+"/callback?code=x")
		},
	}
	for name, try := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := "user of " + name
			b := g.browser(t)
			back := b.consent(t, b.start(t, w.connectToken(t, user, "")), true)
			r := try(t, b, back)
			if r.Status != http.StatusUnauthorized || !strings.Contains(r.Body, "This session has expired.") || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
				t.Errorf("status %d as %s\n%s", r.Status, r.Header.Get("Content-Type"), r.Body)
			}
			if ids := w.accounts(t, user); len(ids) != 0 {
				t.Errorf("an account was saved: %v", ids)
			}
			b.get(t, back).is(t, http.StatusOK) // the honest one is not spent by it
			if ids := w.accounts(t, user); len(ids) != 1 {
				t.Errorf("the honest callback made %v", ids)
			}
		})
	}
	t.Run("a second time", func(t *testing.T) {
		t.Parallel()
		b := g.browser(t)
		back := b.consent(t, b.start(t, w.connectToken(t, "twice", "")), true)
		b.get(t, back).is(t, http.StatusOK)
		if r := b.get(t, back); r.Status != http.StatusUnauthorized || !strings.Contains(r.Body, "This session has expired.") {
			t.Errorf("replayed: %d %s", r.Status, r.Body)
		}
		if ids := w.accounts(t, "twice"); len(ids) != 1 {
			t.Errorf("replaying made %v", ids)
		}
	})
	t.Run("two visits with one token", func(t *testing.T) {
		t.Parallel()
		ctok := w.connectToken(t, "race", "")
		one, two := g.browser(t), g.browser(t)
		first, second := one.consent(t, one.start(t, ctok), true), two.consent(t, two.start(t, ctok), true)
		one.get(t, first).is(t, http.StatusOK)
		if r := two.get(t, second).is(t, http.StatusOK); !strings.Contains(r.Body, expired) {
			t.Errorf("the second visit: %s", r.Body)
		}
		if ids := w.accounts(t, "race"); len(ids) != 1 {
			t.Errorf("one token made %v", ids)
		}
	})
	t.Run("a refusal by the user", func(t *testing.T) {
		t.Parallel()
		ctok := w.connectToken(t, "no", "")
		b := g.browser(t)
		if r := b.get(t, b.consent(t, b.start(t, ctok), false)).is(t, http.StatusOK); !strings.Contains(r.Body, "The connection was not allowed at the provider.") {
			t.Errorf("refused: %s", r.Body)
		}
		if r := g.status(t, ctok).is(t, http.StatusOK); r.text(t, "status") != "failed" || r.text(t, "problem", "code") != "oauth_denied" || r.text(t, "problem", "cause") != "denied" || len(w.accounts(t, "no")) != 0 {
			t.Errorf("status: %s", r.Body)
		}
		b.start(t, ctok).is(t, http.StatusSeeOther) // and may try again
	})
	t.Run("a provider that breaks", func(t *testing.T) {
		t.Parallel()
		b := g.browser(t)
		back := b.consent(t, b.start(t, w.connectToken(t, "broken", "")), true)
		u, _ := url.Parse(back)
		q := u.Query()
		q.Set("code", "acme_code_of_nobody")
		u.RawQuery = q.Encode()
		if r := b.get(t, u.String()).is(t, http.StatusOK); !strings.Contains(r.Body, "Failed to obtain OAuth token.") || len(w.accounts(t, "broken")) != 0 {
			t.Errorf("broken: %s", r.Body)
		}
	})
}

// In the same tab the visit ends where the customer said: with the account, or
// with the code of what went wrong. Other parameters of theirs are kept.
func TestHostedSameTab(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	ctok := func(t *testing.T, user string) string {
		t.Helper()
		return w.connectToken(t, user, `"success_redirect_uri":"https://shop.test/ok?x=1#top","error_redirect_uri":"myapp://failed"`)
	}
	t.Run("success", func(t *testing.T) {
		t.Parallel()
		b := g.browser(t)
		r := b.get(t, b.consent(t, b.start(t, ctok(t, "ada"), "same_tab", "true"), true)).is(t, http.StatusSeeOther)
		if want := "https://shop.test/ok?account_id=" + w.accounts(t, "ada")[0] + "&x=1#top"; r.Header.Get("Location") != want {
			t.Errorf("leads to %s, want %s", r.Header.Get("Location"), want)
		}
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		b := g.browser(t)
		if r := b.get(t, b.consent(t, b.start(t, ctok(t, "bob"), "same_tab", "true"), false)).is(t, http.StatusSeeOther); r.Header.Get("Location") != "myapp://failed?error=The+connection+was+not+allowed+at+the+provider.&error_code=oauth_denied" {
			t.Errorf("leads to %s", r.Header.Get("Location"))
		}
	})
	t.Run("in a window of its own it stays", func(t *testing.T) {
		t.Parallel()
		b := g.browser(t)
		b.get(t, b.consent(t, b.start(t, ctok(t, "eve")), true)).is(t, http.StatusOK)
	})
}

// A start that cannot be is a page too, and leads nowhere: no token, an app of
// keys, a client of another project, another user's account to reconnect.
func TestHostedStartRefusals(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	other := w.newProject("Another")
	theirs := w.account(t, "grace")
	tests := map[string]struct {
		more []string
		says string
	}{
		"no token":                    {[]string{"token", ""}, "connect_token_invalid"},
		"no app":                      {[]string{"app", ""}, "app_not_found"},
		"an app of keys":              {[]string{"app", "acme_crm_key"}, "no_oauth_app"},
		"a client of another project": {[]string{"oauth_app_id", other.oauthApp}, "oauth_app_not_found"},
		"another user's account":      {[]string{"account_id", theirs}, "account_not_found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := g.browser(t).start(t, w.connectToken(t, "ada", ""), tt.more...)
			if r.Status < 400 || r.Status > 499 || r.Header.Get("Location") != "" || !strings.Contains(r.Body, tt.says) || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
				t.Errorf("%d to %q\n%s", r.Status, r.Header.Get("Location"), r.Body)
			}
		})
	}
}

// Connecting again keeps the account's id, so that what refers to it goes on.
func TestHostedReconnect(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	b := g.browser(t)
	b.get(t, b.consent(t, b.start(t, w.connectToken(t, "ada", "")), true)).is(t, http.StatusOK)
	before := w.accounts(t, "ada")
	b.get(t, b.consent(t, b.start(t, w.connectToken(t, "ada", ""), "account_id", before[0]), true)).is(t, http.StatusOK)
	if after := w.accounts(t, "ada"); len(after) != 1 || after[0] != before[0] {
		t.Errorf("accounts %v, before %v", after, before)
	}
}
